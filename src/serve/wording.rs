//! What a finding says, and why a page was read as it was, in the language of the page. The reader words both once, in English
//! around the form's own terms: here are its sentences and what they are in Chinese, and the form's arithmetic in English.

use super::findings::rule_named;
use super::labels::{gloss, indicator_label};
use super::shell::Lang;
use crate::parse::edition::form::{APPLICANTS, BLOCKS, CHALLENGES, ROWS};
use crate::parse::{Applicant, Finding};

/// The arithmetic that a finding is about, and in English.
const RULES: [(&str, &str); 9] = [
    ("新收 + 上年结转 = 办理结果总计 + 结转下年度", "received + carried in = total of outcomes + carried out"),
    ("各项办理结果之和 = 总计", "sum of outcomes = total"),
    ("各类申请人之和 = 总计", "sum of applicants = total"),
    ("各种结果之和 = 总计", "sum of results = total"),
    ("上年结转 = 上一年度结转下年度", "carried in = carried out of the year before"),
    ("现行有效 + 本年废止 = 上年现行有效 + 本年制发", "in force + repealed = in force the year before + issued"),
    (
        "对外公开总数量 = 上年总数量 + 本年新公开",
        "disclosed in all = disclosed in all the year before + newly disclosed",
    ),
    ("上一年项目数量 = 上年报告的项目数量 + 增减", "items last year = items in last year's report + change"),
    ("历年累计 = 上年累计 + 本年", "total over years = total the year before + this year"),
];

/// The reader's sentences, and what they are in Chinese: `{}` stands for words of the page, or for codes, which get their names.
const SENTENCES: [(&str, &str); 28] = [
    ("{} ({} cells without a number)", "{}（{} 格没有数字）"),
    ("{} ({} cells not read)", "{}（{} 格未读到）"),
    ("{} ({} rows not read)", "{}（{} 行未读到）"),
    ("{} of the rows under 本年度办理结果 were read", "本年度办理结果只读到 {} 行"),
    ("{} to {}, {}", "{}至{}年，{}"),
    ("“{}” may stand for {}", "“{}”可能指 {}"),
    ("no table of the form was found; nothing is taken from prose", "没有找到法定表格；不从正文取数"),
    ("{} of the form's {} cells were found", "找到法定表格 {1} 格中的 {0} 格"),
    ("the title says {}, the period {}", "标题为 {} 年，统计期限为 {} 年"),
    ("a cell of {} holds {}", "“{}”的一格中写着 {}"),
    (
        "labels and digits stand in one line of {} characters without cell boundaries ({}): nothing was read from it",
        "标签与数字连成一行（{} 字，{}），没有单元格边界：未从中取数",
    ),
    ("printed twice: {}, and later {}; the first is kept", "出现两次：先为 {}，后为 {}；取第一次"),
    ("printed twice: {}, and later {}; the later one is kept", "出现两次：先为 {}，后为 {}；取后一次"),
    ("no row of table three is called {}", "第三张表中没有名为 {} 的行"),
    ("{} cells ({}) for 7 applicants in the row of {}", "“{2}”一行有 {0} 格（{1}），与 7 类申请人不符"),
    ("the cell of {} belongs to a row above", "“{}”的单元格属于上面的行"),
    ("the cell of {} reaches into the row below", "“{}”的单元格跨到下一行"),
    ("the cell of {} is one with its neighbour's", "“{}”的单元格与相邻的合并"),
    (
        "（六）其他处理 has rows of its own: the numbers beside it are their sum",
        "（六）其他处理另有分行：其旁的数字是各行之和",
    ),
    (
        "{} cells ({}) for {} columns of table four: blank cells have left no trace",
        "第四张表 {2} 列只有 {0} 格（{1}）：空白格没有留下痕迹",
    ),
    ("the form has no row {}", "法定表格中没有 {} 一行"),
    ("{} stands under no head of table two", "{} 不在第二张表的任何表头之下"),
    ("{} does not belong under {}", "{} 不应在 {} 之下"),
    ("{} cells ({}) for {} columns after {}", "{3} 之后有 {0} 格（{1}），应为 {2} 列"),
    ("printed in {} in a column of {}", "单位印作{}，所在列为{}"),
    ("the head is in {}, the form in {}", "表头单位为{}，法定表格为{}"),
    ("the report goes on at {}: what stands there is not in this reading", "报告在 {} 续页，续页内容不在此次读取之内"),
    (
        "a later page of a report, read by itself: its year is left to the first page",
        "报告的续页，单独读取：年份以首页为准",
    ),
];

/// What breaks a proof.
const UNPROVED: [(&str, &str); 11] = [
    ("the report names payload {} and its capture {}", "报告所指的内容为 {}，存档所指的为 {}"),
    ("the bytes, read again, hold no such value", "重新读取存档字节，没有这个数值"),
    ("not proved: the {} is stored as {} and the bytes give {}", "{} 存为 {}，存档字节给出 {}"),
    ("value", "数值"),
    ("state", "状态"),
    ("printed text", "所印文字"),
    ("first byte", "首字节"),
    ("last byte", "末字节"),
    ("table", "表"),
    ("row", "行"),
    ("column", "列"),
];

/// Why a page is what it is: parts with `; ` between them, of which each is a sentence here.
const REASONS: [(&str, &str); 57] = [
    ("a form with {} cells and no number, under the title {}", "表格有 {} 格而没有数字，标题为“{}”"),
    ("{} cells of the form were read, {} with numbers", "读到法定表格 {} 格，其中 {} 格有数字"),
    ("{} cells of the form were read", "读到法定表格 {} 格"),
    ("{} of the report's section heads ({}), no table", "有年报的章节标题 {} 个（{}），没有表格"),
    ("the form's labels, but no cells that can be told apart", "有法定表格的行名，但分不出单元格"),
    ("{} links to annual reports", "有 {} 个指向年度报告的链接"),
    ("the report is in {} attached files", "报告在 {} 个附件中"),
    ("a later page of a report", "报告的续页"),
    ("the first page of a report", "报告的首页，另有续页"),
    ("a script builds the page", "页面由脚本生成"),
    ("the bytes served hold no content", "所给字节中没有内容"),
    ("{} characters of text and nothing of the form", "正文 {} 字，没有法定表格的内容"),
    ("neither text nor links of a report", "既没有报告正文，也没有报告链接"),
    (
        "the parser failed on this page: a fault of the program, kept for its next version",
        "解析器在此页出错：属程序缺陷，留待下一版",
    ),
    // Walls and pages that are not there.
    ("status {}, {}", "状态码 {}，{}"),
    ("status {}", "状态码 {}"),
    ("its title says {}", "标题写着“{}”"),
    ("it says {} and little else, with status {}", "写着“{}”，此外几无内容，状态码 {}"),
    ("it says {}", "写着“{}”"),
    ("it asks for a captcha ({})", "要求验证码（{}）"),
    ("a short page", "页面很短"),
    ("加速乐 cookie challenge", "加速乐 Cookie 验证"),
    ("瑞数 script challenge", "瑞数脚本验证"),
    // Files.
    ("RAR archive", "RAR 压缩包"),
    ("7z archive", "7z 压缩包"),
    ("ZIP archive", "ZIP 压缩包"),
    ("broken ZIP container", "损坏的 ZIP 文件"),
    ("PNG image", "PNG 图片"),
    ("JPEG image", "JPEG 图片"),
    ("GIF image", "GIF 图片"),
    ("TIFF image", "TIFF 图片"),
    ("gzip file", "GZIP 文件"),
    ("binary file", "二进制文件"),
    ("files of this kind are kept and not read", "这类文件只存不读"),
    ("its reader failed on it", "读取程序在此出错"),
    ("it is no workbook", "不是工作簿"),
    ("DOC and WPS files are read once LibreOffice has made them DOCX", "DOC、WPS 文件须先由 LibreOffice 转为 DOCX"),
    ("converted by LibreOffice", "已由 LibreOffice 转换"),
    ("it is no PDF that can be read: {}", "不是可读的 PDF：{}"),
    ("it is encrypted", "已加密"),
    ("it has more than {} objects", "对象多于 {} 个"),
    ("it holds no text: its pages are images", "没有文字：各页都是图片"),
    ("its XML has a document type, which is not read", "其 XML 带有文档类型声明，不予读取"),
    ("{} unpacks to more than {} bytes", "{} 解开后超过 {} 字节"),
    // Limits, and codings that can't be undone.
    ("more tables than are read", "表格过多，未全读"),
    ("more cells than are read", "单元格过多，未全读"),
    ("more links than are read", "链接过多，未全读"),
    ("more scripts than are read", "脚本过多，未全读"),
    ("more pages than are read", "页数过多，未全读"),
    ("more bytes of a page than are read", "一页的字节过多，未全读"),
    ("the {} stream breaks off or is damaged after {} decoded bytes", "{} 数据流在解出 {} 字节后中断或损坏"),
    ("the {} stream decodes to more than {} bytes", "{} 数据流解开后超过 {} 字节"),
    ("the content-coding {} is not known", "不认识的内容编码 {}"),
    // Makers of walls.
    ("waf_jsl", "加速乐防护"),
    ("waf_ruishu", "瑞数防护"),
    ("waf_block", "防火墙拦截"),
    ("captcha", "验证码"),
];

/// What claims in prose are about, where it is no row of table three.
const CLAIMED: [(&str, &str); 5] = [
    ("granted_and_partially", "予以公开及部分公开"),
    ("in_force", "现行有效的规范性文件"),
    ("lawsuits", "行政诉讼"),
    ("normative_documents", "制发的规范性文件"),
    ("reviews", "行政复议"),
];

/// A finding's sentence; as the reader wrote it where it is not known here.
pub fn detail(lang: Lang, detail: &str) -> String {
    worded(&SENTENCES, lang, detail).unwrap_or_else(|| detail.to_owned())
}

/// Why a number is not proved.
pub fn unproved(lang: Lang, why: &str) -> String {
    worded(&UNPROVED, lang, why).unwrap_or_else(|| why.to_owned())
}

/// Why a page was taken for what it is; parts that are not known here as the reader wrote them.
pub fn reason(lang: Lang, reason: &str) -> String {
    let parts = reason.split("; ").map(|part| match lang {
        Lang::Zh => worded(&REASONS, lang, part).unwrap_or_else(|| part.to_owned()),
        Lang::En => match part.split_once(": ") {
            Some((maker, why)) => format!("{}: {why}", lang.code(maker)),
            None => part.to_owned(),
        },
    });
    parts.collect::<Vec<_>>().join(lang.w("；", "; "))
}

/// Whether a finding's rule and sentence have words in both languages.
pub fn is_worded(finding: &Finding) -> bool {
    rule_named(finding.rule).is_some() && worded(&SENTENCES, Lang::Zh, &finding.detail).is_some()
}

fn worded(sentences: &[(&str, &str)], lang: Lang, detail: &str) -> Option<String> {
    if let Some((chinese, english)) = RULES.iter().find(|(chinese, _)| *chinese == detail) {
        return Some(lang.w(chinese, english).to_owned());
    }
    let part = |part| worded(sentences, lang, part).unwrap_or_else(|| names(lang, part));
    for (english, chinese) in sentences {
        if let Some(holes) = holes(english, detail) {
            return Some(filled(lang.w(chinese, english), &holes.into_iter().map(part).collect::<Vec<_>>()));
        }
    }
    let (subject, said) = detail.split_once(": ")?;
    Some(format!("{}{}{}", part(subject), lang.w("：", ": "), worded(sentences, lang, said)?))
}

/// What stands where a sentence has `{}`.
fn holes<'d>(sentence: &str, detail: &'d str) -> Option<Vec<&'d str>> {
    let (first, pieces) = sentence.split_once("{}").unwrap_or((sentence, ""));
    let mut rest = detail.strip_prefix(first)?;
    if first.len() == sentence.len() {
        return rest.is_empty().then(Vec::new);
    }
    let mut holes = Vec::new();
    let mut pieces = pieces.split("{}").peekable();
    while let Some(piece) = pieces.next() {
        let at = if pieces.peek().is_some() { rest.find(piece)? } else { rest.strip_suffix(piece)?.len() };
        holes.push(&rest[..at]);
        rest = &rest[at + piece.len()..];
    }
    Some(holes)
}

/// A sentence with words in the place of `{}` in their order, and of `{0}`, `{1}` by their number.
fn filled(sentence: &str, words: &[String]) -> String {
    let mut pieces = sentence.split('{');
    let mut said = pieces.next().unwrap_or_default().to_owned();
    for (nth, piece) in pieces.enumerate() {
        let (number, rest) = piece.split_once('}').unwrap_or(("", piece));
        said.push_str(words.get(number.parse().unwrap_or(nth)).map_or("", String::as_str));
        said.push_str(rest);
    }
    said
}

/// Codes by their names, sums of them too; other words stay.
fn names(lang: Lang, words: &str) -> String {
    for (between, said) in [(", or ", lang.w("，或 ", ", or ")), (" = ", " = "), (" + ", " + ")] {
        if words.contains(between) {
            return words.split(between).map(|words| names(lang, words)).collect::<Vec<_>>().join(said);
        }
    }
    name(lang, words).unwrap_or_else(|| words.to_owned())
}

fn name(lang: Lang, word: &str) -> Option<String> {
    let applicants = Applicant::ALL.iter().map(|applicant| applicant.as_str()).zip(APPLICANTS);
    let blocks = BLOCKS.iter().flat_map(|block| block.rows.iter().map(|(label, code)| (*code, *label)));
    let known = applicants.chain(CLAIMED).chain(CHALLENGES).chain(blocks);
    if let Some((code, label)) = known.into_iter().find(|(code, label)| *code == word || *label == word) {
        return Some(match lang {
            Lang::Zh => label.to_owned(),
            Lang::En => gloss(code),
        });
    }
    if let Some(label) = word.strip_prefix("statistic/") {
        return Some(label.to_owned());
    }
    let in_table_three = format!("applications.{word}");
    let code = match ROWS.iter().find(|(code, label)| *label == word || *code == in_table_three) {
        Some((code, _)) => code,
        None if word.contains('.') => word,
        None => return None,
    };
    Some(indicator_label(lang, code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_in_both_languages() {
        for (said, chinese, english) in [
            (
                "自然人: 新收 + 上年结转 = 办理结果总计 + 结转下年度",
                "自然人：新收 + 上年结转 = 办理结果总计 + 结转下年度",
                "natural person: received + carried in = total of outcomes + carried out",
            ),
            (
                "2023 to 2024, natural_person: 上年结转 = 上一年度结转下年度",
                "2023至2024年，自然人：上年结转 = 上一年度结转下年度",
                "2023 to 2024, natural person: carried in = carried out of the year before",
            ),
            (
                "2019 to 2020, disclosure.fees: 上一年项目数量 = 上年报告的项目数量 + 增减",
                "2019至2020年，行政事业性收费：上一年项目数量 = 上年报告的项目数量 + 增减",
                "2019 to 2020, fees: items last year = items in last year's report + change",
            ),
            (
                "（一）予以公开: 各类申请人之和 = 总计 (2 cells not read)",
                "予以公开：各类申请人之和 = 总计（2 格未读到）",
                "applications granted: sum of applicants = total (2 cells not read)",
            ),
            (
                "received: “收到申请5件” may stand for applications.received/total = 4, or applications.total/total = 6",
                "一、本年新收政府信息公开申请数量：“收到申请5件”可能指 一、本年新收政府信息公开申请数量 = 4，或 总计 = 6",
                "applications received: “收到申请5件” may stand for applications received = 4, or applications total = 6",
            ),
            (
                "12 of the form's 200 cells were found",
                "找到法定表格 200 格中的 12 格",
                "12 of the form's 200 cells were found",
            ),
            (
                "a cell of disclosure.fees.amount holds \"见附件: 一\"",
                "“行政事业性收费 本年收费金额”的一格中写着 \"见附件: 一\"",
                "a cell of fees, amount holds \"见附件: 一\"",
            ),
            ("what nobody worded", "what nobody worded", "what nobody worded"),
        ] {
            assert_eq!(detail(Lang::Zh, said), chinese);
            assert_eq!(detail(Lang::En, said), english);
        }
    }

    #[test]
    fn reasons_in_both_languages() {
        for (said, chinese, english) in [
            (
                "200 cells of the form were read, 198 with numbers; more links than are read",
                "读到法定表格 200 格，其中 198 格有数字；链接过多，未全读",
                "200 cells of the form were read, 198 with numbers; more links than are read",
            ),
            (
                "PDF: it holds no text: its pages are images",
                "PDF：没有文字：各页都是图片",
                "PDF: it holds no text: its pages are images",
            ),
            (
                "waf_block: status 403, it says 安全狗",
                "防火墙拦截：状态码 403，写着“安全狗”",
                "waf block: status 403, it says 安全狗",
            ),
            (
                "RAR archive: files of this kind are kept and not read",
                "RAR 压缩包：这类文件只存不读",
                "RAR archive: files of this kind are kept and not read",
            ),
            ("what nobody worded; status 404", "what nobody worded；状态码 404", "what nobody worded; status 404"),
        ] {
            assert_eq!(reason(Lang::Zh, said), chinese);
            assert_eq!(reason(Lang::En, said), english);
        }
    }

    #[test]
    fn chinese_has_a_place_for_each_word() {
        for (english, chinese) in SENTENCES.into_iter().chain(REASONS).chain(UNPROVED) {
            let count = |sentence: &str| sentence.matches('{').count();
            assert_eq!(count(english), count(chinese), "{english}");
        }
    }
}
