//! When two labels are the same label: a key without spaces, punctuation and script variants, and how near two keys are.

use std::sync::LazyLock;

use memchr::memmem;

/// Traditional forms of the characters that the forms' labels use, as wiki mirrors and clones print them.
const TRADITIONAL: &str = "規规範范檔档開开關关請请數数複复訴诉訟讼維维結结糾纠審审總总計计處处許许罰罚強强業业費费現现項项轉转屬属國国門门閉闭務务類类過过詢询應应據据個个無无機机構构會会組组織织聯联單单萬万協协護护權权與与內内種种從从違违認认確确獲获見见歷历執执將将導导對对條条點点電电爭争際际續续繼继辦办給给網网終终經经視视觀观記记設设訪访証证評评話话該该語语說说調调論论購购買买質质資资賠赔車车軟软較较輸输達达還还進进運运邊边選选遞递鄉乡採采針针錄录鎮镇長长階阶隊队階阶隨随險险離离難难電电靜静頁页順顺領领題题額额風风飛飞餘余驗验體体專专傳传債债傷伤備备優优兒儿兩两劃划創创動动區区參参員员團团圖图場场報报壓压增增壞坏學学寫写實实審审層层帶带幣币幫帮廣广廳厅徵征復复態态懲惩戶户掛挂摘摘擔担擾扰標标樣样機机歲岁氣气決决沒没滿满漢汉災灾為为營营獎奖環环產产當当療疗監监盡尽眾众碼码礎础禮礼穩稳積积競竞紀纪約约級级統统縣县職职聽听舉举舊旧藝艺號号術术衛卫補补製制覆复";

/// The key of a label. Numerals stay (`三本年度办理结果`, `1属于国家秘密`); white space, punctuation and brackets go.
pub fn key(label: &str) -> String {
    let key = folded_text(label, folded);
    // 文件 is 檔案 where the page was carried over to Taiwan's words, not only its characters.
    let carried_over = memmem::find(key.as_bytes(), "档案".as_bytes()).is_some()
        && (key.contains("规范性档案") || key.contains("公开档案"));
    if carried_over { key.replace("档案", "文件") } else { key }
}

/// The text with each character as `fold` has it; none drops it.
pub fn folded_text(text: &str, fold: impl Fn(char) -> Option<char>) -> String {
    // Collecting grows the text step by step; folding makes none longer by much.
    let mut out = String::with_capacity(text.len());
    text.chars().filter_map(fold).for_each(|c| out.push(c));
    out
}

fn folded(c: char) -> Option<char> {
    let c = match c {
        '\u{FF10}'..='\u{FF19}' | '\u{FF21}'..='\u{FF3A}' | '\u{FF41}'..='\u{FF5A}' => {
            char::from_u32(c as u32 - 0xFEE0)?
        }
        '⼀'..='⿕' => radical(c),
        _ => c,
    };
    match c {
        '0'..='9' | 'a'..='z' => Some(c),
        'A'..='Z' => Some(c.to_ascii_lowercase()),
        '\u{3400}'..='\u{9FFF}' => Some(simplified(c)),
        _ => None,
    }
}

fn simplified(c: char) -> char {
    /// For each character from U+3400 to U+9FFF the one it is written as here.
    static TABLE: LazyLock<Vec<char>> = LazyLock::new(|| {
        let mut table: Vec<char> = ('\u{3400}'..='\u{9FFF}').collect();
        let mut pairs = TRADITIONAL.chars();
        while let (Some(traditional), Some(simple)) = (pairs.next(), pairs.next()) {
            table[traditional as usize - 0x3400] = simple;
        }
        table
    });
    TABLE.get((c as usize).wrapping_sub(0x3400)).copied().unwrap_or(c)
}

/// Kangxi radicals that PDF fonts print for whole characters.
fn radical(c: char) -> char {
    const RADICALS: &str = "⼀一⼆二⼈人⼊入⼋八⼒力⼗十⼝口⼟土⼤大⼥女⼦子⼩小⼯工⼰己⼲干⼴广⼼心⼾户⼿手⽂文⽅方⽇日⽉月⽊木⽌止⽐比⽔水⽕火⽗父⽚片⽣生⽤用⽩白⽬目⽰示⽴立⽼老⽽而⾃自⾄至⾏行⾐衣⾔言⾜足⾝身⾞车⾦金⾧长⾨门⾮非⾯面⾼高";
    let mut pairs = RADICALS.chars();
    while let (Some(radical), Some(whole)) = (pairs.next(), pairs.next()) {
        if radical == c {
            return whole;
        }
    }
    c
}

/// The label up to its first bracketed note, leading numbering aside: `（二）部分公开（区分…）` gives `（二）部分公开`.
pub fn before_note(label: &str) -> &str {
    let mut seen = 0;
    for (at, c) in label.char_indices() {
        if matches!(c, '（' | '(' | '[' | '【' | '〔') && seen >= 2 {
            return &label[..at];
        }
        let numeral = matches!(c, '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十');
        seen += usize::from(matches!(c, '\u{3400}'..='\u{9FFF}') && !numeral);
    }
    label
}

/// A key without its leading numeral: `1属于国家秘密` and `七总计` lose one.
pub fn without_number(key: &str) -> &str {
    let rest = key.trim_start_matches(|c: char| c.is_ascii_digit());
    if rest.len() < key.len() {
        return rest;
    }
    match key.chars().next() {
        Some(c) if "一二三四五六七八".contains(c) => &key[c.len_utf8()..],
        _ => key,
    }
}

/// Keys less alike than this are simply different.
const UNLIKE: usize = 70;

/// How alike two keys are: twice their longest common subsequence over their lengths, in per cent; 0 for less than
/// [`UNLIKE`], which is seen without finding it.
pub fn likeness(one: &str, other: &str) -> usize {
    // A character is four bytes at most.
    if one.len() > 480 || other.len() > 480 {
        return 0;
    }
    let lengths = (one.chars().count(), other.chars().count());
    let bound = |common: usize| 200 * common / (lengths.0 + lengths.1).max(1);
    if bound(lengths.0.min(lengths.1)) < UNLIKE || lengths.0.max(lengths.1) > 120 {
        return 0;
    }
    // A subsequence holds only characters that both have.
    let mut bag = [0u64; 16];
    other.chars().for_each(|c| bag[c as usize / 64 % 16] |= 1 << (c as usize % 64));
    if bound(one.chars().filter(|c| bag[*c as usize / 64 % 16] >> (*c as usize % 64) & 1 == 1).count()) < UNLIKE {
        return 0;
    }
    let one: Vec<char> = one.chars().collect();
    let other: Vec<char> = other.chars().collect();
    let mut row = vec![0usize; other.len() + 1];
    for a in &one {
        let mut diagonal = 0;
        for (j, b) in other.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = if a == b { diagonal + 1 } else { above.max(row[j]) };
            diagonal = above;
        }
    }
    200 * row[other.len()] / (one.len() + other.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_differences_give_one_key() {
        for (one, other) in [
            ("三 、本 年 度办 理 结果", "三、本年度办理结果"),
            ("（三） 不予公开", "(三)不予公开"),
            ("1．属于国家秘密", "1、属于国家秘密"),
            ("3.危及“三安全一稳定”", "3.危及\"三安全一稳定\""),
            ("第二十条  第(一)项", "第二十条第（一）项"),
            ("行政規範性檔案", "行政规范性档案"),
            ("１．重复申请", "1.重复申请"),
            ("⼆、上年结转", "二、上年结转"),
        ] {
            assert_eq!(key(one), key(other));
        }
        assert_ne!(key("三、本年度办理结果"), key("本年度办理结果"));
    }

    #[test]
    fn a_note_is_cut_but_not_the_numbering() {
        assert_eq!(before_note("（二）部分公开（区分处理的，只计这一情形）"), "（二）部分公开");
        assert_eq!(before_note("规范性文件(行政机关制定发布的决定)"), "规范性文件");
        assert_eq!(before_note("（一）予以公开"), "（一）予以公开");
    }

    #[test]
    fn a_typo_is_near_and_another_label_is_not() {
        assert!(likeness("2其他法律行政止公开", "2其他法律行政法规禁止公开") >= 80);
        assert!(likeness("5属于三类内部事务信息", "6属于四类过程性信息") < 75);
    }
}
