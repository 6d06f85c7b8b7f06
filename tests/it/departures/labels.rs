//! Labels as people retype them.

use super::{Case, both, of_2019, of_2021};

pub const CASES: &[Case] = &[
    both("spaces in labels", |page| {
        page.relabel("三、本年度办理结果", "三 、本 年 度办 理 结果");
        page.relabel("4.无正当理由大量反复申请", "4.无正当理由大量反复 申请");
        page.relabel("社会公益组织", "社会公益 组织");
        page.relabel("第二十条第（一）项", "第二十条  第（一）项");
        page.relabel("（七）总计", "（七） 总　计");
        page.relabel("结果维持", "结果 维持");
    }),
    both("a space after every character", |page| page.labels(|text| text.chars().flat_map(|c| [c, ' ']).collect())),
    both("labels in two languages", |page| page.labels(|text| format!("{text} Government information"))),
    both("labels in two scripts", |page| page.labels(|text| format!("ھۆكۈمەت ئۇچۇرى {text}"))),
    both("labels that a page's end cuts", |page| {
        page.relabel("2.没有现成信息需要另行制作", "2.没有现成信息");
        page.relabel("5.要求行政机关确认或重新出具已获取信息", "5.要求行政机关确认");
        page.relabel("二、上年结转政府信息公开申请数量", "二、上年结转政府信息");
    }),
    both("numerals with 、", |page| page.labels(|text| numeral(text, '、'))),
    both("numerals with a full-width point", |page| page.labels(|text| numeral(text, '．'))),
    both("numerals mixed within one group", |page| {
        page.relabel("2.重复申请", "2、重复申请");
        page.relabel("3.要求提供公开出版物", "3．要求提供公开出版物");
        page.relabel("4.无正当理由大量反复申请", "4 无正当理由大量反复申请");
    }),
    both("half-width brackets", |page| page.labels(|text| text.replace('（', "(").replace('）', ")"))),
    both("straight quotation marks", |page| page.relabel("“三安全一稳定”", "\"三安全一稳定\"")),
    both("first character doubled", |page| {
        page.relabel("三、本年度办理结果", "三三、本年度办理结果");
        page.relabel("四、结转下年度继续办理", "四四、结转下年度继续办理");
    }),
    both("characters missing or mistyped", |page| {
        page.relabel("2.其他法律行政法规禁止公开", "2.其他法律行政止公开");
        page.relabel("行政复议", "行政法复议");
        page.relabel("3.补正后申请内容仍不明确", "3.补正后申请内容仍不明");
    }),
    of_2021("a head cut short", |page| page.relabel("现行有效件数", "现行有效件")),
    of_2021("规范性文件 as in 2019", |page| page.relabel("行政规范性文件", "规范性文件")),
    of_2019("行政规范性文件 as in 2021", |page| page.relabel("规范性文件", "行政规范性文件")),
    of_2021("the note on amounts left out", |page| page.relabel("本年收费金额（单位：万元）", "本年收费金额")),
    of_2019("long notes in brackets", |page| {
        page.relabel("规范性文件", "规范性文件(行政机关制定发布的决定、公告、通告等，不含内部管理制度)");
        page.relabel("本年增/减", "本年增/减(指2020年与上一年相比，减用负值表示,如-8)");
    }),
    both("the note on partial disclosure left out", |page| {
        page.relabel("（二）部分公开（区分处理的，只计这一情形，不计其他情形）", "（二）部分公开");
    }),
    both("the note on partial disclosure in other words", |page| {
        page.relabel("（区分处理的，只计这一情形，不计其他情形）", "(区分处理的只计这一情形，不计其它情形)");
    }),
    both("traditional characters", |page| page.labels(traditional)),
    both("文件 as 檔案", |page| page.relabel("规范性文件", "規範性檔案")),
    both("numerals left out within groups", |page| {
        page.labels(|text| text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').to_owned());
    }),
];

/// `1.` with another mark after the digit.
fn numeral(text: &str, mark: char) -> String {
    match text.split_once('.') {
        Some((digit, rest)) if digit.len() == 1 => format!("{digit}{mark}{rest}"),
        _ => text.to_owned(),
    }
}

/// Character by character, as wiki mirrors print it.
fn traditional(text: &str) -> String {
    const PAIRS: &str = "规規范範关關开開请請数數复復诉訴讼訟维維结結纠糾审審总總计計处處许許罚罰强強业業费費现現项項转轉属屬国國务務类類过過询詢应應据據个個无無机機构構会會组組织織单單万萬办辦发發废廢营營续續继繼与與农農权權护護条條产產执執级級";
    let pairs: Vec<char> = PAIRS.chars().collect();
    let to = |c| pairs.chunks(2).find(|pair| pair[0] == c).map_or(c, |pair| pair[1]);
    text.chars().map(to).collect()
}
