//! The forms' labels and indicator codes (国办公开办函〔2021〕30号, 国办公开办函〔2019〕60号), as `forms.json` lists them.

use super::Edition;

/// A block of table two: the columns printed after 信息内容 and the rows that may follow.
#[derive(Debug)]
pub struct Block {
    pub edition: Edition,
    /// Number of the item of article 20: 一, 五, 六, 八, 九.
    pub item: char,
    pub columns: &'static [Column],
    pub rows: &'static [(&'static str, &'static str)],
}

#[derive(Debug)]
pub struct Column {
    pub label: &'static str,
    pub field: &'static str,
    pub unit: Option<&'static str>,
}

const fn column(label: &'static str, field: &'static str, unit: &'static str) -> Column {
    Column { label, field, unit: Some(unit) }
}

const RULES: &[(&str, &str)] =
    &[("规章", "disclosure.regulations"), ("行政规范性文件", "disclosure.normative_documents")];
const RULES_2019: &[(&str, &str)] =
    &[("规章", "disclosure.regulations"), ("规范性文件", "disclosure.normative_documents")];
const LICENSING: &[(&str, &str)] = &[("行政许可", "disclosure.licensing")];
const SERVICES: &[(&str, &str)] =
    &[("行政许可", "disclosure.licensing"), ("其他对外管理服务事项", "disclosure.other_services")];
const SANCTIONS: &[(&str, &str)] = &[("行政处罚", "disclosure.penalties"), ("行政强制", "disclosure.coercion")];
const FEES: &[(&str, &str)] = &[("行政事业性收费", "disclosure.fees")];
const PROCUREMENT: &[(&str, &str)] = &[("政府集中采购", "disclosure.procurement")];
const DECISIONS: &[Column] = &[column("本年处理决定数量", "decisions", "件")];
const ITEMS: &[Column] = &[
    column("上一年项目数量", "items_last_year", "项"),
    column("本年增/减", "change", "项"),
    column("处理决定数量", "decisions", "件"),
];

pub const BLOCKS: [Block; 9] = [
    Block {
        edition: Edition::Y2021,
        item: '一',
        columns: &[
            column("本年制发件数", "issued", "件"),
            column("本年废止件数", "repealed", "件"),
            column("现行有效件数", "in_force", "件"),
        ],
        rows: RULES,
    },
    Block { edition: Edition::Y2021, item: '五', columns: DECISIONS, rows: LICENSING },
    Block { edition: Edition::Y2021, item: '六', columns: DECISIONS, rows: SANCTIONS },
    Block {
        edition: Edition::Y2021,
        item: '八',
        columns: &[column("本年收费金额（单位：万元）", "amount", "万元")],
        rows: FEES,
    },
    Block {
        edition: Edition::Y2019,
        item: '一',
        columns: &[
            column("本年新制作数量", "made", "件"),
            column("本年新公开数量", "disclosed", "件"),
            column("对外公开总数量", "disclosed_total", "件"),
        ],
        rows: RULES_2019,
    },
    Block { edition: Edition::Y2019, item: '五', columns: ITEMS, rows: SERVICES },
    Block { edition: Edition::Y2019, item: '六', columns: ITEMS, rows: SANCTIONS },
    Block {
        edition: Edition::Y2019,
        item: '八',
        columns: &[column("上一年项目数量", "items_last_year", "项"), column("本年增/减", "change", "项")],
        rows: FEES,
    },
    Block {
        edition: Edition::Y2019,
        item: '九',
        columns: &[
            column("采购项目数量", "projects", "项"),
            Column { label: "采购总金额", field: "amount", unit: None },
        ],
        rows: PROCUREMENT,
    },
];

/// Row labels of table two that the form does not have but provinces add; they belong to no indicator.
pub const EXTRA_ROWS: [&str; 1] = ["其他主动公开文件"];

/// The rows of table three with their labels. （六）其他处理 is a group of three rows in 2021 and one row in 2019.
pub const ROWS: [(&str, &str); 26] = [
    ("applications.received", "一、本年新收政府信息公开申请数量"),
    ("applications.carried_in", "二、上年结转政府信息公开申请数量"),
    ("applications.granted", "（一）予以公开"),
    ("applications.partially_granted", "（二）部分公开（区分处理的，只计这一情形，不计其他情形）"),
    ("applications.refused.state_secret", "1.属于国家秘密"),
    ("applications.refused.forbidden_by_law", "2.其他法律行政法规禁止公开"),
    ("applications.refused.security_and_stability", "3.危及“三安全一稳定”"),
    ("applications.refused.third_party", "4.保护第三方合法权益"),
    ("applications.refused.internal_affairs", "5.属于三类内部事务信息"),
    ("applications.refused.deliberative", "6.属于四类过程性信息"),
    ("applications.refused.enforcement_file", "7.属于行政执法案卷"),
    ("applications.refused.administrative_inquiry", "8.属于行政查询事项"),
    ("applications.unavailable.not_held", "1.本机关不掌握相关政府信息"),
    ("applications.unavailable.needs_creation", "2.没有现成信息需要另行制作"),
    ("applications.unavailable.still_unclear", "3.补正后申请内容仍不明确"),
    ("applications.rejected.petition", "1.信访举报投诉类申请"),
    ("applications.rejected.duplicate", "2.重复申请"),
    ("applications.rejected.publication", "3.要求提供公开出版物"),
    ("applications.rejected.excessive", "4.无正当理由大量反复申请"),
    ("applications.rejected.confirmation", "5.要求行政机关确认或重新出具已获取信息"),
    ("applications.other.not_corrected", "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请"),
    ("applications.other.fee_unpaid", "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请"),
    ("applications.other.other", "3.其他"),
    ("applications.other", "（六）其他处理"),
    ("applications.total", "（七）总计"),
    ("applications.carried_out", "四、结转下年度继续办理"),
];

/// Labels over several rows of table three.
pub const GROUPS: [&str; 5] =
    ["三、本年度办理结果", "（三）不予公开", "（四）无法提供", "（五）不予处理", "（六）其他处理"];

/// Heads of the seven value columns of table three, in the order of [`super::Applicant::ALL`].
pub const APPLICANTS: [&str; 7] = ["自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计"];

/// Heads over several columns of table three.
pub const APPLICANT_HEADS: [&str; 3] =
    ["申请人情况", "法人或其他组织", "本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和"];

/// The three groups of table four with the heads printed over them.
pub const CHALLENGES: [(&str, &str); 3] =
    [("review", "行政复议"), ("litigation_direct", "未经复议直接起诉"), ("litigation_after_review", "复议后起诉")];

/// The five columns of each group of table four.
pub const OUTCOMES: [(&str, &str); 5] = [
    ("upheld", "结果维持"),
    ("corrected", "结果纠正"),
    ("other", "其他结果"),
    ("pending", "尚未审结"),
    ("total", "总计"),
];

/// How many values the form has: 200 in 2021, 198 in 2019. The forms before have no fixed number.
pub fn size(edition: Edition) -> Option<usize> {
    let table_two: usize = BLOCKS.iter().filter(|b| b.edition == edition).map(|b| b.columns.len() * b.rows.len()).sum();
    let rows = match edition {
        Edition::Y2021 => ROWS.len() - 1,
        Edition::Y2019 => ROWS.len() - 3,
        Edition::Pre2019 => return None,
    };
    Some(table_two + rows * APPLICANTS.len() + CHALLENGES.len() * OUTCOMES.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_have_their_numbers() {
        assert_eq!(size(Edition::Y2021), Some(200));
        assert_eq!(size(Edition::Y2019), Some(198));
    }
}
