//! A province that was made up: the report pages of its agencies, the same each time.
//!
//! A host has a frame of its own (head, styles, scripts, navigation: 15 to 60 KB), a markup (plain, or as Word leaves it) and an
//! encoding. A page has its own agency, year, numbers (two of three are zero, as in small bureaus) and 2 to 9 KB of prose put
//! together from sentences with numbers in them; 26 to 167 KB in all, 106 on average. Everything is made from the page's number.

use gongkai::demo::form::{self, Markup};
use gongkai::demo::numbers::{self, Numbers};
use gongkai::demo::page::sections;
use gongkai::parse::Edition;

pub const HOSTS: usize = 50;

/// Numbers that look random and are the same each time (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

pub struct Host {
    pub name: String,
    city: String,
    gbk: bool,
    /// Page with the marks `{{n}}` where a number goes, and what stands around it.
    tables: [String; 3],
    head: String,
    foot: String,
}

const SYLLABLES: [&str; 24] = [
    "安", "平", "江", "河", "山", "海", "宁", "阳", "东", "西", "南", "北", "清", "泰", "兴", "永", "新", "长", "和",
    "丰", "石", "林", "湖", "云",
];
const BUREAUS: [&str; 16] = [
    "财政局",
    "教育局",
    "民政局",
    "司法局",
    "水利局",
    "统计局",
    "审计局",
    "交通运输局",
    "农业农村局",
    "卫生健康委员会",
    "人力资源和社会保障局",
    "自然资源局",
    "生态环境局",
    "住房和城乡建设局",
    "市场监督管理局",
    "应急管理局",
];
const SUBJECTS: [&str; 12] = [
    "全市政务公开工作",
    "主动公开工作",
    "依申请公开工作",
    "政府信息管理",
    "平台建设",
    "监督保障",
    "重点领域信息公开",
    "政策解读",
    "公众参与",
    "基层政务公开标准化规范化",
    "行政许可和行政处罚公示",
    "财政预决算公开",
];
const VERBS: [&str; 12] = [
    "进一步推进",
    "不断完善",
    "扎实开展",
    "持续加强",
    "认真落实",
    "有序规范",
    "全面梳理",
    "及时更新",
    "严格执行",
    "稳步提升",
    "着力优化",
    "切实保障",
];
const OBJECTS: [&str; 16] = [
    "公开目录和公开指南",
    "信息发布审核制度",
    "答复文书格式",
    "门户网站栏目",
    "政务新媒体账号",
    "政策文件库",
    "线下查阅点",
    "咨询电话接听",
    "保密审查程序",
    "工作人员业务培训",
    "年度考核办法",
    "社会评议机制",
    "第三方评估整改",
    "历史文件清理",
    "政民互动渠道",
    "热点问题回应",
];
const ENDINGS: [&str; 8] = [
    "，取得了较好成效",
    "，群众满意度有所提高",
    "，较上年有明显增长",
    "，未发生泄密情况",
    "，工作机制更加健全",
    "，但人员力量仍显不足",
    "，时效性还有待提高",
    "，为优化营商环境提供了支撑",
];

pub fn host(n: usize) -> Host {
    let mut dice = Dice(n as u64 * 1_000_003);
    let city = format!("{}{}市", dice.one(&SYLLABLES), dice.one(&SYLLABLES));
    let mut head = format!(
        "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"{}\">\n<meta name=\"SiteName\" content=\"{city}政府门户网站\">\n<style>\n",
        if n.is_multiple_of(4) { "gb2312" } else { "utf-8" }
    );
    let size = 15_000 + dice.below(45_000);
    let mut foot = String::from("<script>\n");
    while head.len() < size / 2 {
        head += &format!(
            ".{}-{:x} {{ width: {}px; margin: {}px auto; color: #{:06x}; float: {}; }}\n",
            dice.one(&["nav", "list", "con", "foot", "title", "menu", "xxgk"]),
            dice.below(4_096),
            dice.below(1_200),
            dice.below(40),
            dice.below(1 << 24),
            dice.one(&["left", "right", "none"])
        );
    }
    head += "</style>\n</head>\n<body>\n<ul class=\"nav\">\n";
    while head.len() < size {
        head += &format!(
            "<li><a href=\"/zwgk/{}/col{}/index.html\" target=\"_blank\" title=\"{}\">{}</a></li>\n",
            dice.one(&["zfxxgk", "fdzdgknr", "zcwj", "ghjh"]),
            dice.below(90_000),
            dice.one(&OBJECTS),
            dice.one(&OBJECTS)
        );
    }
    while foot.len() < size / 6 {
        foot += &format!(
            "function f{:x}(e) {{ var t = document.getElementById('{}{}'); if (t) {{ t.style.display = e ? 'block' : 'none'; }} }}\n",
            dice.below(1 << 20),
            dice.one(&["tab", "menu", "share"]),
            dice.below(300)
        );
    }
    foot += "</script>\n</body></html>";
    let markup = Markup { word: !n.is_multiple_of(3), split_heads: n.is_multiple_of(2), ..Markup::default() };
    // Every cell a mark of its own: what is printed there is put in page by page.
    let mut marks = 0;
    let marked: String = numbers::PINGTAN_2023
        .lines()
        .map(|line| {
            let mut words = line.split(' ');
            let name = words.next().unwrap_or_default().to_owned();
            let cells = words.map(|_| {
                marks += 1;
                format!(" {{{{{marks}}}}}")
            });
            name + &cells.collect::<String>() + "\n"
        })
        .collect();
    // Numbers borrow their text for as long as the program runs; one for each host.
    let numbers = Numbers::of(Edition::Y2021, marked.leak());
    let tables = [form::two(&numbers, markup), form::three(&numbers, markup), form::four(&numbers, markup)];
    Host { name: format!("www.h{n}.gov.cn"), city, gbk: n.is_multiple_of(4), tables, head, foot }
}

fn prose(dice: &mut Dice, length: usize) -> String {
    let mut prose = String::new();
    while prose.len() < length {
        prose += &format!(
            "{}{}{}，{}{}件、{}{}次{}。",
            dice.one(&["我局", "一是", "二是", "三是", "同时", "此外", "全年", "按照要求"]),
            dice.one(&VERBS),
            dice.one(&SUBJECTS),
            dice.one(&OBJECTS),
            dice.below(3_000),
            dice.one(&OBJECTS),
            dice.below(200),
            dice.one(&ENDINGS)
        );
        if dice.below(5) == 0 {
            prose += "</p>\n<p>";
        }
    }
    prose
}

/// The text with each mark replaced; marks go up.
fn filled(table: &str, dice: &mut Dice) -> String {
    let mut filled = String::with_capacity(table.len());
    let mut rest = table;
    while let Some((before, after)) = rest.split_once("{{") {
        filled += before;
        let digits = 1 + dice.below(4) as u32;
        let number = if dice.below(3) == 0 { dice.below(10usize.pow(digits)) } else { 0 };
        filled += &number.to_string();
        rest = after.split_once("}}").map_or("", |(_, after)| after);
    }
    filled + rest
}

pub struct Page {
    pub path: String,
    pub body: Vec<u8>,
}

/// Page `n` of all, which `host` publishes.
pub fn page(host: &Host, n: usize) -> Page {
    let mut dice = Dice(n as u64 * 7_919 + 17);
    let (bureau, district) = (BUREAUS[(n / HOSTS) % BUREAUS.len()], n / HOSTS / BUREAUS.len());
    let (year, district) = (2025 - district % 5, district / 5);
    let area = ["", "东区", "西区", "南区", "北区", "城区"].get(district).copied().unwrap_or("新区");
    let title = format!("{}{area}{bureau}{year}年政府信息公开工作年度报告", host.city);
    let length = 2_000 + dice.below(7_000);
    let overview = prose(&mut dice, length);
    let [two, three, four] = host.tables.each_ref().map(|table| filled(table, &mut dice));
    let text = format!(
        "{}</ul>\n<title>{title}</title><h1>{title}</h1>\n{}{}",
        host.head,
        sections(&overview, &two, &three, &four),
        host.foot
    );
    let body = if host.gbk { encoding_rs::GB18030.encode(&text).0.into_owned() } else { text.into_bytes() };
    let path = format!("/art/{year}/1/{}/art_{}_{n}.html", 1 + n % 28, dice.below(90_000));
    Page { path, body }
}
