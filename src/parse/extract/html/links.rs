//! Links as pages have them: anchors, addresses in calls of scripts, clicks on what is no anchor, choices, buttons, parts of pictures.

use super::*;

impl Walk<'_> {
    pub(super) fn open_anchor(&mut self, tag: Attributes<'_>) {
        self.close_anchor();
        let href = tag.get("href").unwrap_or_default();
        // Links that a script opens name their address in its call.
        let scripted = href.trim_start().get(..11).is_some_and(|scheme| scheme.eq_ignore_ascii_case("javascript:"));
        let href = match (scripted || matches!(href.trim(), "" | "#"), tag.get("onclick")) {
            (false, _) => href,
            (true, on_click) => match opened(&href).or_else(|| opened(&on_click?)) {
                Some(address) => address.into(),
                None => href,
            },
        };
        if href.is_empty() {
            return;
        }
        if self.document.anchors.len() >= MAX_ANCHORS {
            self.limit("links");
            return;
        }
        let title = tag.get("title").map(|title| tidy(&title)).unwrap_or_default();
        self.anchor = Some(Anchor { href: href.trim().into(), title, text: String::new() });
    }

    pub(super) fn close_anchor(&mut self) {
        self.clicked = None;
        if let Some(mut anchor) = self.anchor.take() {
            anchor.text = tidy(&anchor.text);
            if says_nothing(&anchor.text) && anchor.title.is_empty() {
                anchor.title = self.beside(&anchor.text).unwrap_or_default();
            }
            self.document.anchors.push(anchor);
        }
    }

    /// What a script opens at a click on it is a link too: rows of lists and entries of menus that are no `<a>`.
    pub(super) fn click(&mut self, name: &Name, tag: Attributes<'_>) {
        if let Some(clicked) = &mut self.clicked {
            clicked.opens(name);
        }
        let clickable = matches!(name.as_bytes(), b"li" | b"tr" | b"div" | b"dd" | b"button");
        if clickable
            && self.anchor.is_none()
            && !self.in_cell()
            && let Some(address) = tag.get("onclick").and_then(|script| opened(&script))
        {
            self.clicked = Some(Nest::of(name));
            self.anchor = Some(Anchor { href: address, ..Anchor::default() });
        }
    }

    /// A choice whose value is an address: `<select onchange="window.open(this.value)">`.
    pub(super) fn option(&mut self, name: &Name, tag: Attributes<'_>) {
        if self.clicked.is_some_and(|clicked| clicked.name == *name) {
            self.close_anchor();
        }
        if self.anchor.is_none()
            && let Some(address) = tag.get("value").filter(|value| value.contains('/') && is_address(value.trim()))
        {
            self.clicked = Some(Nest::of(name));
            self.anchor = Some(Anchor { href: address.trim().into(), ..Anchor::default() });
        }
    }

    /// A link that is a picture says in the picture's words what it is.
    pub(super) fn picture(&mut self, tag: Attributes<'_>) {
        if let Some(anchor) = self.anchor.as_mut().filter(|anchor| anchor.text.trim().is_empty())
            && let Some(words) = tag.get("alt").filter(|alt| !alt.trim().is_empty()).or_else(|| tag.get("title"))
        {
            anchor.text.push_str(&words);
        }
    }

    /// A button that opens an address.
    pub(super) fn button(&mut self, tag: Attributes<'_>) {
        if let Some(address) = tag.get("onclick").and_then(|script| opened(&script)) {
            self.stand_alone(address, tag.get("value"));
        }
    }

    /// A part of a picture that is a link.
    pub(super) fn area(&mut self, tag: Attributes<'_>) {
        if let Some(href) = tag.get("href").filter(|href| !href.trim().is_empty()) {
            self.stand_alone(href.trim().into(), tag.get("alt").or_else(|| tag.get("title")));
        }
    }

    /// A link without an inside.
    pub(super) fn stand_alone(&mut self, href: String, words: Option<Cow<'_, str>>) {
        if self.document.anchors.len() < MAX_ANCHORS {
            let text = tidy(&words.unwrap_or_default());
            self.document.anchors.push(Anchor { href, title: String::new(), text });
        } else {
            self.limit("links");
        }
    }

    /// The words of the row or line that a link like 下载 stands in.
    pub(super) fn beside(&self, words: &str) -> Option<String> {
        /// Longer is a paragraph, characters.
        const LONG: usize = 80;
        let row = self.open.last().and_then(|open| open.row.as_ref());
        let cells = row.into_iter().flat_map(|row| &row.cells).map(|cell| cell.text.as_str());
        let line = tidy(&self.line);
        let before = line.strip_suffix(words).unwrap_or(&line).trim_end();
        let own = self.open.last().map(|open| tidy(&open.text));
        let own = own.as_deref().map(|text| text.strip_suffix(words).unwrap_or(text).trim_end());
        let chosen =
            cells.chain(own).max_by_key(|text| text.chars().count()).filter(|text| !text.is_empty()).unwrap_or(before);
        (!chosen.is_empty() && chosen.chars().count() <= LONG).then(|| chosen.to_owned())
    }
}

/// The address in a call like `window.open('show.asp?id=7')` or `location.href='a/b.html'`.
fn opened(script: &str) -> Option<String> {
    script.split(['\'', '"']).skip(1).step_by(2).map(str::trim).find(|text| is_address(text)).map(str::to_owned)
}

fn is_address(text: &str) -> bool {
    let path = text.split(['?', '#']).next().unwrap_or(text);
    let file = path.rsplit('/').next().unwrap_or(path);
    let named = file.rsplit_once('.').is_some_and(|(name, extension)| {
        !name.is_empty() && (2..=5).contains(&extension.len()) && extension.bytes().all(|b| b.is_ascii_alphanumeric())
    });
    let plain =
        text.bytes().all(|byte| byte.is_ascii_graphic() || !byte.is_ascii()) && !text.contains(['(', ')', ';', '{']);
    plain && text.len() > 1 && (named || path.contains('/'))
}

/// Whether a link's words are only what one does with it.
fn says_nothing(words: &str) -> bool {
    const DEEDS: [&str; 16] = [
        "下载",
        "点击下载",
        "附件下载",
        "下载附件",
        "查看",
        "点击查看",
        "查看详情",
        "查看全文",
        "详情",
        "详细",
        "全文",
        "阅读全文",
        "预览",
        "在线预览",
        "附件",
        "打开",
    ];
    let words = words.trim_matches(|c: char| !c.is_alphanumeric());
    DEEDS.contains(&words) || ["pdf", "doc", "docx", "word"].iter().any(|kind| words.eq_ignore_ascii_case(kind))
}

#[cfg(test)]
mod tests {
    use super::super::html;

    #[test]
    fn links_of_every_make() {
        for (markup, href, words) in [
            ("<a href=a.html>年报</a>", "a.html", "年报"),
            ("<a href='a.html' title='政府信息公开年报'>年…</a>", "a.html", "政府信息公开年报"),
            ("<a href=\"javascript:openwin('show.asp?id=7')\">年报</a>", "show.asp?id=7", "年报"),
            ("<a href=# onclick=\"window.open('a/b','_blank')\">年报</a>", "a/b", "年报"),
            ("<a onclick=\"location.href='/a.jhtml'\">年报</a>", "/a.jhtml", "年报"),
            ("<a href=/nb/><img src=x alt=年报></a>", "/nb/", "年报"),
            ("<a href=/nb/><img src=x alt='' title=年报></a>", "/nb/", "年报"),
            ("<li onclick=\"go('/nb/')\"><span>年报</span></li>", "/nb/", "年报"),
            ("<div onclick=\"go('/nb/')\"><div>政府</div>年报</div>", "/nb/", "政府年报"),
            ("<table><tr onclick=\"window.open('1.html')\"><td>年报</td></tr></table>", "1.html", "年报"),
            ("<select><option value=''>选<option value='/nb/7/'>财政局<option value=7>x</select>", "/nb/7/", "财政局"),
            ("<input type=button value=年报 onclick=\"location='a.jsp?p=2'\">", "a.jsp?p=2", "年报"),
            ("<map><area href=/nb/ alt=年报></map>", "/nb/", "年报"),
            (
                "<table><tr><td>1</td><td>水利局年报</td><td><a href=1.pdf>[下载]</a></td></tr></table>",
                "1.pdf",
                "水利局年报",
            ),
            ("<li><span>水利局年报</span> <a href=1.html>查看详情</a></li>", "1.html", "水利局年报"),
        ] {
            let document = html(markup);
            let found: Vec<(&str, &str)> = document
                .anchors
                .iter()
                .map(|anchor| {
                    (anchor.href.as_str(), if anchor.title.is_empty() { &*anchor.text } else { &*anchor.title })
                })
                .collect();
            assert_eq!(found, [(href, words)], "{markup}");
        }
    }

    #[test]
    fn clicks_that_lead_nowhere() {
        for markup in [
            "<li onclick=\"show(7)\">年报</li>",
            "<div onclick=\"tab('one','two')\">年报</div>",
            "<a onclick=\"history.back()\">返回</a>",
            "<table><tr><td><div onclick=\"go('/nb/')\">12</div></td></tr></table>",
        ] {
            assert!(html(markup).anchors.is_empty(), "{markup}");
        }
        let kept = html("<a href=\"javascript:page('2')\">下一页</a>").anchors;
        assert_eq!(kept[0].href, "javascript:page('2')");
    }
}
