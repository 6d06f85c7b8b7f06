//! What is not shown: elements in cells, and what is drawn around whole tables.

use super::*;

/// An element until its own end tag: others of its name may stand in it.
#[derive(Clone, Copy)]
pub struct Nest {
    pub name: Name,
    open: usize,
}

impl Nest {
    pub fn of(name: &Name) -> Nest {
        Nest { name: *name, open: 1 }
    }

    pub fn opens(&mut self, name: &Name) {
        self.open += usize::from(self.name == *name);
    }

    /// Whether an end tag of that name is its own.
    pub fn ends(&mut self, name: &Name) -> bool {
        self.open -= usize::from(self.name == *name);
        self.open == 0
    }
}

impl Walk<'_> {
    /// Keeps count of hidden elements: text in them is no text, tables in them are copies.
    pub(super) fn hide(&mut self, name: &Name, tag: Attributes<'_>) {
        if let Some(hidden) = &mut self.hidden {
            hidden.opens(name);
        } else if self.in_cell()
            && !is_void(name.as_bytes())
            && !matches!(name.as_bytes(), b"td" | b"th" | b"tr" | b"table")
            && self.hides(name, tag)
        {
            self.hidden = Some(Nest::of(name));
        }
        if let Some(veil) = &mut self.veil {
            veil.opens(name);
        } else if self.open.is_empty()
            && (never_shown(name.as_bytes()) || can_veil(name.as_bytes()) && self.hides(name, tag))
        {
            self.veil = Some(Nest::of(name));
        }
    }

    /// By its own words, or by the page's style sheets where it says nothing itself.
    #[inline]
    pub(super) fn hides(&self, name: &Name, tag: Attributes<'_>) -> bool {
        hides(tag) || self.sheet.hides(name, tag) && !shows(tag)
    }

    /// An end tag shows again what its element hid.
    pub(super) fn unhide(&mut self, name: &Name) {
        self.hidden.take_if(|hidden| hidden.ends(name));
        self.veil.take_if(|veil| veil.ends(name));
    }
}
