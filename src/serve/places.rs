//! How agencies are sorted: by province (GB/T 2260, first two digits) and by system, which their names tell.

/// Code, name as agencies carry it, English.
pub const PROVINCES: [(&str, &str, &str); 31] = [
    ("11", "北京", "Beijing"),
    ("12", "天津", "Tianjin"),
    ("13", "河北", "Hebei"),
    ("14", "山西", "Shanxi"),
    ("15", "内蒙古", "Inner Mongolia"),
    ("21", "辽宁", "Liaoning"),
    ("22", "吉林", "Jilin"),
    ("23", "黑龙江", "Heilongjiang"),
    ("31", "上海", "Shanghai"),
    ("32", "江苏", "Jiangsu"),
    ("33", "浙江", "Zhejiang"),
    ("34", "安徽", "Anhui"),
    ("35", "福建", "Fujian"),
    ("36", "江西", "Jiangxi"),
    ("37", "山东", "Shandong"),
    ("41", "河南", "Henan"),
    ("42", "湖北", "Hubei"),
    ("43", "湖南", "Hunan"),
    ("44", "广东", "Guangdong"),
    ("45", "广西", "Guangxi"),
    ("46", "海南", "Hainan"),
    ("50", "重庆", "Chongqing"),
    ("51", "四川", "Sichuan"),
    ("52", "贵州", "Guizhou"),
    ("53", "云南", "Yunnan"),
    ("54", "西藏", "Tibet"),
    ("61", "陕西", "Shaanxi"),
    ("62", "甘肃", "Gansu"),
    ("63", "青海", "Qinghai"),
    ("64", "宁夏", "Ningxia"),
    ("65", "新疆", "Xinjiang"),
];

/// Code of the province, `""` where neither region nor name tells.
pub fn province(region: Option<&str>, agency: &str) -> &'static str {
    let code = region.and_then(|region| region.get(..2)).unwrap_or_default();
    let known =
        PROVINCES.iter().find(|(known, name, _)| *known == code || (code.is_empty() && agency.starts_with(name)));
    known.map_or("", |(code, ..)| code)
}

/// Code, Chinese, English, and the words of a name that tell it; the first that fits.
pub const SYSTEMS: [(&str, &str, &str, &[&str]); 17] = [
    ("hrss", "人力资源社会保障", "Human resources", &["人力资源", "人社"]),
    ("education", "教育", "Education", &["教育", "教体"]),
    ("health", "卫生健康", "Health", &["卫生", "卫健", "医疗保障"]),
    ("finance", "财政税务", "Finance and tax", &["财政", "税务", "审计"]),
    ("police", "公安司法", "Police and justice", &["公安", "司法"]),
    ("environment", "生态环境", "Environment", &["生态环境", "环境保护", "水利", "水务", "林业"]),
    ("land", "自然资源", "Land", &["自然资源", "国土", "规划"]),
    ("housing", "住房城乡建设", "Housing", &["住房", "住建", "城乡建设", "城市管理", "房屋"]),
    ("transport", "交通运输", "Transport", &["交通"]),
    ("market", "市场监管", "Market regulation", &["市场监督", "市场监管", "药品"]),
    ("agriculture", "农业农村", "Agriculture", &["农业", "农村"]),
    ("culture", "文化旅游体育", "Culture", &["文化", "文旅", "旅游", "体育", "广播电视", "图书", "地方志"]),
    (
        "economy",
        "发展改革",
        "Economy",
        &["发展和改革", "发展改革", "经济", "工业", "商务", "科学技术", "科技", "统计", "国有资产"],
    ),
    ("civil", "民政应急", "Civil affairs", &["民政局", "民政厅", "民政部", "应急", "退役", "信访", "民族"]),
    ("town", "乡镇街道", "Towns and subdistricts", &["街道", "镇人民政府", "乡人民政府"]),
    ("government", "人民政府", "Governments", &["人民政府", "政府办", "管理委员会", "管委会", "实验区"]),
    ("other", "其他", "Other", &[""]),
];

pub fn system(agency: &str) -> &'static str {
    SYSTEMS.iter().find(|(.., words)| words.iter().any(|word| agency.contains(word))).map_or("other", |(code, ..)| code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell() {
        for (agency, region, province_code, system_code) in [
            ("四川省人力资源和社会保障厅", Some("510000"), "51", "hrss"),
            ("上海市人民政府办公厅", None, "31", "government"),
            ("平潭综合实验区", None, "", "government"),
            ("前门街道办事处", Some("110101"), "11", "town"),
        ] {
            assert_eq!((province(region, agency), system(agency)), (province_code, system_code), "{agency}");
        }
    }
}
