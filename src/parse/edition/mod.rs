//! The statutory forms as data.

pub mod form;

use serde::Serialize;

/// Which form the report's labels belong to; never taken from its year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Edition {
    /// 国办公开办函〔2021〕30号.
    #[serde(rename = "2021")]
    Y2021,
    /// 国办公开办函〔2019〕60号.
    #[serde(rename = "2019")]
    Y2019,
    /// 国办发〔2014〕32号 and provincial statistics forms.
    #[serde(rename = "pre2019")]
    Pre2019,
}

impl Edition {
    pub fn as_str(self) -> &'static str {
        match self {
            Edition::Y2021 => "2021",
            Edition::Y2019 => "2019",
            Edition::Pre2019 => "pre2019",
        }
    }
}

/// Who applied: the seven value columns of table three, in the order of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Applicant {
    NaturalPerson,
    Enterprise,
    Research,
    PublicWelfare,
    LegalService,
    Other,
    Total,
}

impl Applicant {
    pub const ALL: [Applicant; 7] = [
        Applicant::NaturalPerson,
        Applicant::Enterprise,
        Applicant::Research,
        Applicant::PublicWelfare,
        Applicant::LegalService,
        Applicant::Other,
        Applicant::Total,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Applicant::NaturalPerson => "natural_person",
            Applicant::Enterprise => "enterprise",
            Applicant::Research => "research",
            Applicant::PublicWelfare => "public_welfare",
            Applicant::LegalService => "legal_service",
            Applicant::Other => "other",
            Applicant::Total => "total",
        }
    }
}
