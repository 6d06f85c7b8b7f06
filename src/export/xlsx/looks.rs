//! How cells look.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};

pub struct Looks {
    pub title: Format,
    pub head: Format,
    pub label: Format,
    pub text: Format,
    pub number: Format,
    pub remark: Format,
    pub unreadable: Format,
    pub printed: Format,
    pub fails: Format,
    pub link: Format,
}

impl Looks {
    pub fn new() -> Looks {
        let cell =
            Format::new().set_font_name("Microsoft YaHei").set_font_size(10).set_align(FormatAlign::VerticalCenter);
        let number = cell
            .clone()
            .set_align(FormatAlign::Right)
            .set_border(FormatBorder::Thin)
            .set_border_color(Color::RGB(0xD9D9D9));
        Looks {
            title: cell.clone().set_font_size(16).set_bold(),
            head: cell
                .clone()
                .set_bold()
                .set_text_wrap()
                .set_align(FormatAlign::Center)
                .set_background_color(Color::RGB(0x1F4E79))
                .set_font_color(Color::White)
                .set_border(FormatBorder::Thin)
                .set_border_color(Color::RGB(0xBFBFBF)),
            label: cell.clone().set_bold(),
            text: cell.clone(),
            number: number.clone(),
            remark: number.clone().set_background_color(Color::RGB(0xFFF2CC)),
            unreadable: number.clone().set_italic().set_font_color(Color::Gray),
            printed: number.set_font_color(Color::Gray),
            fails: cell.clone().set_font_color(Color::RGB(0xC00000)).set_bold(),
            link: cell.set_font_color(Color::RGB(0x0563C1)).set_align(FormatAlign::Center),
        }
    }
}
