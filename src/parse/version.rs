//! Which parser this is, and how it differs from those before it.

/// Raised with every change of behaviour, with a line in [`HISTORY`].
pub const PARSER_VERSION: &str = "11";

/// What each parser version changed, oldest first.
pub const HISTORY: [(&str, &str); 11] = [
    ("1", "first reader: the forms of 2021 and 2019 and statistics before, in HTML and text"),
    ("2", "reports that are PDF, DOCX or XLSX files"),
    (
        "3",
        "tables around single cells, hidden copies of tables, rows that spans push aside, worded signs, 檔案 for 文件",
    ),
    (
        "4",
        "links: rows in JSON answers and scripts, lists behind JPaaS, gkmlpt, UCAP and Hanweb pages, reports by year",
    ),
    (
        "5",
        "links: the page in the frame of a shell, numbered pages of openness, years beyond one without a report; answers of one row are listings",
    ),
    ("6", "styles hide in any case of letters"),
    ("7", "links: lists asked for with a query: Hanweb's data proxy and search, Epoint, gtapp"),
    ("8", "the attribute that hides does so in any case of letters too"),
    (
        "9",
        "heads in another order, left out or beside foreign columns; words in a cell cost that cell alone; cells merged over rows or columns are doubted; notes' marks, struck text, numbers in words; what style sheets hide; reports of several years on one page; years in Chinese numerals; next pages by arrow, title or number",
    ),
    (
        "10",
        "tables turned on their side; articles in JSON, markup in a form's field, tables of tabs, commas or spaces; UTF-8 encoded twice; hidden rows and columns of workbooks; statistics of two years, without a column of units, signed at the foot; labels in two languages; radicals of PDF fonts; where a title's year stands; links beside a report are no title of it; counts of other agencies and of several years in words; links: columns and lists of scripts, forms, menus and rows that are clicked; walls of more makers",
    ),
    (
        "11",
        "paragraphs in cells of a page's layout; counts, lists and titles of others beside a report are none of it; names with their place before them; reports on several pages",
    ),
];
