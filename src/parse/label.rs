//! When two labels are the same label: a key without spaces, punctuation and script variants, and how near two keys are.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem;

/// Traditional forms of the characters that the forms' labels use, as wiki mirrors and clones print them.
const TRADITIONAL: &str = "規规範范檔档開开關关請请數数複复訴诉訟讼維维結结糾纠審审總总計计處处許许罰罚強强業业費费現现項项轉转屬属國国門门閉闭務务類类過过詢询應应據据個个無无機机構构會会組组織织聯联單单萬万協协護护權权與与內内種种從从違违認认確确獲获見见歷历執执將将導导對对條条點点電电爭争際际續续繼继辦办給给網网終终經经視视觀观記记設设訪访証证評评話话該该語语說说調调論论購购買买質质資资賠赔車车軟软較较輸输達达還还進进運运邊边選选遞递鄉乡採采針针錄录鎮镇長长階阶隊队階阶隨随險险離离難难電电靜静頁页順顺領领題题額额風风飛飞餘余驗验體体專专傳传債债傷伤備备優优兒儿兩两劃划創创動动區区參参員员團团圖图場场報报壓压增增壞坏學学寫写實实審审層层帶带幣币幫帮廣广廳厅徵征復复態态懲惩戶户掛挂摘摘擔担擾扰標标樣样機机歲岁氣气決决沒没滿满漢汉災灾為为營营獎奖環环產产當当療疗監监盡尽眾众碼码礎础禮礼穩稳積积競竞紀纪約约級级統统縣县職职聽听舉举舊旧藝艺號号術术衛卫補补製制覆复";

/// Radicals (Kangxi, and the supplement's simplified ones), each before the whole character that it is printed for.
const RADICALS: &str = "⺠民⻄西⻅见⻆角⻉贝⻋车⻓长⻔门⻘青⻙韦⻚页⻛风⻜飞⻝食⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻬齐⻮齿⻰龙⻳龟⼀一⼁丨⼂丶⼃丿⼄乙⼅亅⼆二⼇亠⼈人⼉儿⼊入⼋八⼌冂⼍冖⼎冫⼏几⼐凵⼑刀⼒力⼓勹⼔匕⼕匚⼖匸⼗十⼘卜⼙卩⼚厂⼛厶⼜又⼝口⼞囗⼟土⼠士⼡夂⼢夊⼣夕⼤大⼥女⼦子⼧宀⼨寸⼩小⼪尢⼫尸⼬屮⼭山⼮巛⼯工⼰己⼱巾⼲干⼳幺⼴广⼵廴⼶廾⼷弋⼸弓⼹彐⼺彡⼻彳⼼心⼽戈⼾户⼿手⽀支⽁攴⽂文⽃斗⽄斤⽅方⽆无⽇日⽈曰⽉月⽊木⽋欠⽌止⽍歹⽎殳⽏毋⽐比⽑毛⽒氏⽓气⽔水⽕火⽖爪⽗父⽘爻⽙爿⽚片⽛牙⽜牛⽝犬⽞玄⽟玉⽠瓜⽡瓦⽢甘⽣生⽤用⽥田⽦疋⽧疒⽨癶⽩白⽪皮⽫皿⽬目⽭矛⽮矢⽯石⽰示⽱禸⽲禾⽳穴⽴立⽵竹⽶米⽷糸⽸缶⽹网⽺羊⽻羽⽼老⽽而⽾耒⽿耳⾀聿⾁肉⾂臣⾃自⾄至⾅臼⾆舌⾇舛⾈舟⾉艮⾊色⾋艸⾌虍⾍虫⾎血⾏行⾐衣⾑襾⾒見⾓角⾔言⾕谷⾖豆⾗豕⾘豸⾙貝⾚赤⾛走⾜足⾝身⾞车⾟辛⾠辰⾡辵⾢邑⾣酉⾤釆⾥里⾦金⾧长⾨门⾩阜⾪隶⾫隹⾬雨⾭靑⾮非⾯面⾰革⾱韋⾲韭⾳音⾴頁⾵風⾶飛⾷食⾸首⾹香⾺馬⾻骨⾼高⾽髟⾾鬥⾿鬯⿀鬲⿁鬼⿂魚⿃鳥⿄鹵⿅鹿⿆麥⿇麻⿈黃⿉黍⿊黑⿋黹⿌黽⿍鼎⿎鼓⿏鼠⿐鼻⿑齊⿒齒⿓龍⿔龜⿕龠";

/// The key of a label. Numerals stay (`三本年度办理结果`, `1属于国家秘密`); white space, punctuation and brackets go.
pub fn key(label: &str) -> Cow<'_, str> {
    static ARCHIVES: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new("档案"));
    /// What each character of the basic plane is in a key; those beyond it, and in surrogates' places, are nothing.
    static FOLDED: LazyLock<Vec<Option<char>>> = LazyLock::new(|| {
        let mut table: Vec<Option<char>> = (0..0x1_0000).map(|c| folded(char::from_u32(c)?)).collect();
        for (printed, whole) in pairs(TRADITIONAL).chain(pairs(RADICALS)) {
            table[printed as usize] = Some(whole);
        }
        table
    });
    let table = FOLDED.as_slice();
    let key = folded_text(label, |c| table.get(c as usize).copied().flatten());
    // 自然人 Natural person: words beside the form's own. A key's bytes are of Han characters, digits and letters.
    let has_letters = key.bytes().fold(false, |any, byte| any | (byte & 0xC0 == 0x40));
    let key = match has_letters && !key.is_ascii() {
        true => key.replace(|c: char| c.is_ascii_lowercase(), "").into(),
        false => key,
    };
    // 文件 is 檔案 where the page was carried over to Taiwan's words, not only its characters.
    let carried_over =
        ARCHIVES.find(key.as_bytes()).is_some() && (key.contains("规范性档案") || key.contains("公开档案"));
    if carried_over { key.replace("档案", "文件").into() } else { key }
}

/// The text with each character as `fold` has it; none drops it. What stays as it is is not copied one by one.
pub fn folded_text(text: &str, fold: impl Fn(char) -> Option<char>) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    for (at, c) in text.char_indices() {
        let folded = fold(c);
        if folded == Some(c) {
            continue;
        }
        if copied == 0 {
            out.reserve(text.len());
        }
        out.push_str(&text[copied..at]);
        out.extend(folded);
        copied = at + c.len_utf8();
    }
    if copied == 0 {
        return text.into();
    }
    out.push_str(&text[copied..]);
    out.into()
}

/// The digit that a Chinese numeral is.
pub fn numeral(c: char) -> Option<u32> {
    Some(match c {
        '〇' | '零' | '○' => 0,
        '一' => 1,
        '二' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

/// A character as keys have it, traditional forms aside.
fn folded(c: char) -> Option<char> {
    match c {
        '0'..='9' | 'a'..='z' | '\u{3400}'..='\u{9FFF}' => Some(c),
        'A'..='Z' => Some(c.to_ascii_lowercase()),
        '\u{FF10}'..='\u{FF19}' | '\u{FF21}'..='\u{FF3A}' | '\u{FF41}'..='\u{FF5A}' => {
            Some(char::from_u32(c as u32 - 0xFEE0)?.to_ascii_lowercase())
        }
        // ㈠ and ⒈: numerals in one character with their brackets or point.
        '㈠'..='㈨' => "一二三四五六七八九".chars().nth(c as usize - '㈠' as usize),
        '⒈'..='⒐' => char::from_digit(c as u32 - '⒈' as u32 + 1, 10),
        _ => None,
    }
}

/// The whole character that a radical is printed for: fonts of PDF files give many characters so.
pub fn radical(c: char) -> char {
    let whole = ('⺀'..='⿕').contains(&c).then(|| pairs(RADICALS).find(|(radical, _)| *radical == c)).flatten();
    whole.map_or(c, |(_, whole)| whole)
}

/// Two characters at a time.
fn pairs(text: &str) -> impl Iterator<Item = (char, char)> {
    let mut chars = text.chars();
    std::iter::from_fn(move || Some((chars.next()?, chars.next()?)))
}

/// The label up to its first bracketed note, leading numbering aside: `（二）部分公开（区分…）` gives `（二）部分公开`.
pub fn before_note(label: &str) -> &str {
    let mut seen = 0;
    let is_numeral = |c| matches!(c, '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十');
    let mut characters = label.char_indices();
    let named = characters.by_ref().find(|(_, c)| {
        seen += usize::from(matches!(c, '\u{3400}'..='\u{9FFF}') && !is_numeral(*c));
        seen == 2
    });
    let note = named.and_then(|_| characters.find(|(_, c)| matches!(c, '（' | '(' | '[' | '【' | '〔')));
    note.map_or(label, |(at, _)| &label[..at])
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
/// A longer key is like no other, characters.
const LONGEST: usize = 120;

/// A key's characters, taken apart once to be held against many.
pub struct Letters {
    chars: Vec<char>,
    /// Which characters occur, by their last ten bits.
    bag: [u64; 16],
}

impl Letters {
    pub fn of(key: &str) -> Letters {
        let chars: Vec<char> = key.chars().take(LONGEST + 1).collect();
        let mut bag = [0; 16];
        chars.iter().for_each(|c| bag[*c as usize / 64 % 16] |= 1 << (*c as usize % 64));
        Letters { chars, bag }
    }

    fn may_hold(&self, c: char) -> bool {
        self.bag[c as usize / 64 % 16] >> (c as usize % 64) & 1 == 1
    }

    /// How alike two keys are: twice their longest common subsequence over their lengths, in per cent; 0 for less than
    /// [`UNLIKE`], which is seen without finding it.
    pub fn likeness(&self, other: &Letters) -> usize {
        let (one, other_chars) = (&self.chars, &other.chars);
        let bound = |common: usize| 200 * common / (one.len() + other_chars.len()).max(1);
        let (shorter, longer) = (one.len().min(other_chars.len()), one.len().max(other_chars.len()));
        if longer > LONGEST || bound(shorter) < UNLIKE {
            return 0;
        }
        // A subsequence holds only characters that both have.
        if bound(one.iter().filter(|c| other.may_hold(**c)).count()) < UNLIKE {
            return 0;
        }
        let mut row = [0usize; LONGEST + 1];
        for a in one {
            let mut diagonal = 0;
            for (j, b) in other_chars.iter().enumerate() {
                let above = row[j + 1];
                row[j + 1] = if a == b { diagonal + 1 } else { above.max(row[j]) };
                diagonal = above;
            }
        }
        bound(row[other_chars.len()])
    }

    /// Whether a key is alike by at least `least` per cent. Most are too short or too long to be.
    pub fn is_near(&self, key: &str, least: usize) -> bool {
        let (one, other) = (self.chars.len(), key.chars().count());
        200 * one.min(other) >= least * (one + other) && self.likeness(&Letters::of(key)) >= least
    }
}

/// [`Letters::likeness`] of two keys.
pub fn likeness(one: &str, other: &str) -> usize {
    Letters::of(one).likeness(&Letters::of(other))
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
            ("㈦总计", "（七）总计"),
            ("⒈属于国家秘密", "1.属于国家秘密"),
            ("自然人 Natural person", "自然人"),
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
