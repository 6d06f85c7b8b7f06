//! What reports claim in words, and which of the tables' numbers each claim may stand for.

/// A phrase that claims a number, and the sums it may stand for.
pub struct Claim {
    pub subject: &'static str,
    /// All of these words stand in the clause before the number.
    pub words: &'static [&'static str],
    /// None of these does.
    pub not: &'static [&'static str],
    pub units: &'static [&'static str],
    /// Sums of codes; a bare prefix with `*` sums what is under it, for the total of applicants.
    pub candidates: &'static [&'static [&'static str]],
}

pub const CLAIMS: [Claim; 12] = [
    Claim {
        subject: "received",
        words: &["申请"],
        not: &[
            "答复",
            "办结",
            "办理",
            "结转",
            "复议",
            "诉讼",
            "公开申请表",
            "自然人",
            "企业",
            "法人",
            "网络",
            "信函",
            "当面",
            "来信",
            "咨询",
            "留言",
            "邮寄",
            "无法",
            "不予",
            "同比",
            "其中",
        ],
        units: &["件", "件次", "条", "份", "宗"],
        candidates: &[
            &["applications.received"],
            &["applications.received", "applications.carried_in"],
            &["applications.total", "applications.carried_out"],
            &["applications.total"],
        ],
    },
    Claim {
        subject: "granted",
        words: &["予以公开"],
        not: &["部分公开", "不予公开"],
        units: &["件"],
        candidates: &[&["applications.granted"], &["applications.granted", "applications.partially_granted"]],
    },
    Claim {
        subject: "granted_and_partially",
        words: &["予以公开及部分公开"],
        not: &[],
        units: &["件"],
        candidates: &[&["applications.granted", "applications.partially_granted"]],
    },
    Claim {
        subject: "partially_granted",
        words: &["部分公开"],
        not: &["及部分公开", "和部分公开", "、部分公开"],
        units: &["件"],
        candidates: &[&["applications.partially_granted"]],
    },
    Claim {
        subject: "refused",
        words: &["不予公开"],
        not: &["部分"],
        units: &["件"],
        candidates: &[&["applications.refused*"]],
    },
    Claim {
        subject: "unavailable",
        words: &["无法提供"],
        not: &["现成", "补正"],
        units: &["件"],
        candidates: &[&["applications.unavailable*"]],
    },
    Claim {
        subject: "carried_out",
        words: &["结转"],
        not: &["上年", "上一年"],
        units: &["件"],
        candidates: &[&["applications.carried_out"]],
    },
    Claim {
        subject: "carried_in",
        words: &["上年", "结转"],
        not: &["下年", "下一年"],
        units: &["件"],
        candidates: &[&["applications.carried_in"]],
    },
    Claim {
        subject: "reviews",
        words: &["行政复议"],
        not: &["诉讼", "其中", "维持", "纠正", "审结", "直接", "后起诉"],
        units: &["件", "起", "宗"],
        candidates: &[&["review.total"]],
    },
    Claim {
        subject: "lawsuits",
        words: &["诉讼"],
        not: &["复议", "直接", "维持", "纠正", "审结", "其中"],
        units: &["件", "起", "宗"],
        candidates: &[&["litigation_direct.total", "litigation_after_review.total"]],
    },
    Claim {
        subject: "normative_documents",
        words: &["规范性文件"],
        not: &["废止", "失效", "现行有效", "有效", "清理", "解读", "修改", "宣布", "审查", "审核", "合法性"],
        units: &["件", "个", "份", "部"],
        candidates: &[
            &["disclosure.normative_documents.issued"],
            &["disclosure.normative_documents.made"],
            &["disclosure.normative_documents.disclosed"],
        ],
    },
    Claim {
        subject: "in_force",
        words: &["现行有效"],
        not: &["废止", "规章"],
        units: &["件", "个", "份", "部"],
        candidates: &[&["disclosure.normative_documents.in_force"]],
    },
];

/// Words of a count that is not the agency's own of the whole year: a part, several years, others' numbers.
pub const OTHERS: [&str; 27] = [
    "含",
    "包括",
    "季度",
    "上半年",
    "下半年",
    "月份",
    "去年",
    "上年同期",
    "上一年度",
    "近三年",
    "近五年",
    "家单位",
    "省直",
    "市直",
    "区直",
    "各市",
    "各县",
    "各区",
    "各级",
    "各部门",
    "各单位",
    "各镇",
    "各乡",
    "各街道",
    "撤回",
    "补正",
    "转办",
];
/// The same where they stand anywhere in the sentence.
pub const OTHERS_IN_SENTENCE: [&str; 8] = ["以来", "近三年", "近五年", "历年", "无关", "配合", "协助", "许可"];
