//! Reports that are files: made here from known numbers, so that the truth does not depend on the reader.

use std::io::{Cursor, Write};

use gongkai::demo::form::{self, Markup};
use gongkai::demo::numbers::{self, Numbers};
use gongkai::exchange::Headers;
use gongkai::parse::{self, Edition, Given, PageKind, Parsed};
use zip::write::SimpleFileOptions;

fn read(body: &[u8]) -> Parsed {
    parse::read(Given { url: None, status: Some(200), headers: &Headers::default(), query: None, body })
}

fn zipped(files: &[(&str, String)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Cells of the three tables as rows of (text, columns, rows), from the markup that the replica is made of.
fn tables(numbers: &Numbers) -> Vec<Vec<Vec<(String, usize, usize)>>> {
    let markup = Markup::default();
    let number = |cell: &str, name: &str| {
        cell.split(&format!("{name}=\"")).nth(1).map_or(1, |rest| rest.split('"').next().unwrap().parse().unwrap())
    };
    let cell = |cell: &str| {
        let text = cell.split_once('>').unwrap().1.split('<').next().unwrap().to_owned();
        (text, number(cell, "colspan"), number(cell, "rowspan"))
    };
    [form::two(numbers, markup), form::three(numbers, markup), form::four(numbers, markup)]
        .iter()
        .map(|markup| markup.split("<tr>").skip(1).map(|row| row.split("<td").skip(1).map(cell).collect()).collect())
        .collect()
}

fn expect(parsed: &Parsed, numbers: &Numbers) {
    let report = parsed.report.as_ref().unwrap_or_else(|| panic!("{:?}", parsed.page));
    let printed = numbers.cells();
    assert_eq!(report.values.len(), printed.len());
    for (code, text) in printed {
        let found = report.values.iter().find(|value| {
            value
                .applicant
                .map_or(value.indicator.clone(), |applicant| format!("{}/{}", value.indicator, applicant.as_str()))
                == code
        });
        assert_eq!(found.map(|value| value.text.as_str()), Some(text), "{code}");
    }
}

#[test]
fn a_report_in_word() {
    for (edition, text) in [(Edition::Y2021, numbers::PINGTAN_2023), (Edition::Y2019, numbers::SHANGHAI_2019)] {
        let numbers = Numbers::of(edition, text);
        let mut body = "<w:p><w:r><w:t>某局2023年政府信息公开工作年度报告</w:t></w:r></w:p>".to_owned();
        for table in tables(&numbers) {
            body.push_str("<w:tbl>");
            let mut open: Vec<(usize, usize, usize)> = Vec::new();
            for row in &table {
                body.push_str("<w:tr>");
                let mut at = 0;
                let mut cells = row.iter();
                loop {
                    if let Some((_, width, _)) = open.iter().find(|(start, _, left)| *start == at && *left > 0) {
                        body.push_str(&format!(
                            "<w:tc><w:tcPr><w:gridSpan w:val=\"{width}\"/><w:vMerge/></w:tcPr><w:p/></w:tc>"
                        ));
                        at += width;
                        continue;
                    }
                    let Some((text, width, height)) = cells.next() else { break };
                    let merge = if *height > 1 { "<w:vMerge w:val=\"restart\"/>" } else { "" };
                    let (one, other) = text.split_at(text.char_indices().nth(2).map_or(0, |(at, _)| at));
                    body.push_str(&format!("<w:tc><w:tcPr><w:gridSpan w:val=\"{width}\"/>{merge}</w:tcPr><w:p><w:r><w:t>{one}</w:t></w:r><w:r><w:t>{other}</w:t></w:r></w:p></w:tc>"));
                    if *height > 1 {
                        open.push((at, *width, *height));
                    }
                    at += width;
                }
                for (_, _, left) in &mut open {
                    *left = left.saturating_sub(1);
                }
                open.retain(|(_, _, left)| *left > 0);
                body.push_str("</w:tr>");
            }
            body.push_str("</w:tbl><w:p/>");
        }
        let xml = format!(
            "<?xml version=\"1.0\"?><w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{body}</w:body></w:document>"
        );
        expect(&read(&zipped(&[("word/document.xml", xml)])), &numbers);
    }
}

/// What Word keeps and does not show, or shows as something else than a digit.
#[test]
fn runs_that_are_not_the_number() {
    let run = |properties: &str, text: &str| format!("<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>");
    let cells = [
        run("<w:vanish/>", "9") + &run("", "11"),
        run("", "12") + &run("<w:vertAlign w:val=\"superscript\"/>", "1"),
        run("<w:strike/>", "9") + &run("", "13"),
        format!("<w:moveFrom>{}</w:moveFrom><w:moveTo>{}</w:moveTo>", run("", "9"), run("", "14")),
        format!(
            "<mc:AlternateContent><mc:Choice>{0}</mc:Choice><mc:Fallback>{0}</mc:Fallback></mc:AlternateContent>",
            run("", "15")
        ),
        run("<w:vanish w:val=\"0\"/><w:rPrChange><w:rPr><w:strike/></w:rPr></w:rPrChange>", "16"),
    ];
    let cell = |inside: &str| format!("<w:tc><w:p>{inside}</w:p></w:tc>");
    let row = |cells: &[String]| format!("<w:tr>{}</w:tr>", cells.concat());
    let heads = ["信息内容", "本年制发件数", "本年废止件数", "现行有效件数"].map(|head| cell(&run("", head)));
    let rows: String = ["规章", "行政规范性文件"]
        .into_iter()
        .zip(cells.chunks(3))
        .map(|(label, cells)| {
            row(&[label].map(|label| run("", label)).iter().chain(cells).map(|inside| cell(inside)).collect::<Vec<_>>())
        })
        .collect();
    let xml = format!("<w:document><w:body><w:tbl>{}{rows}</w:tbl></w:body></w:document>", row(&heads));
    let values = read(&zipped(&[("word/document.xml", xml)])).report.unwrap().values;
    let numbers: Vec<&str> = values.iter().filter_map(|value| value.value.as_deref()).collect();
    assert_eq!(numbers, ["11", "12", "13", "14", "15", "16"]);
}

#[test]
fn a_report_in_a_workbook() {
    let numbers = Numbers::of(Edition::Y2021, numbers::PINGTAN_2023);
    // Column B is hidden, and so is every other row, which holds last year's numbers.
    let name = |column: usize| char::from(b'A' + column as u8 + u8::from(column > 0));
    let mut files = Vec::new();
    let (mut sheets, mut relations) = (String::new(), String::new());
    for (n, table) in tables(&numbers).into_iter().enumerate() {
        let (mut rows, mut merges) = (String::new(), String::new());
        let mut taken = std::collections::HashSet::new();
        for (y, row) in table.iter().enumerate() {
            let mut cells = "<c r=\"B#\"><v>999</v></c>".to_owned();
            let mut x = 0;
            for (text, width, height) in row {
                while taken.contains(&(x, y)) {
                    x += 1;
                }
                let at = format!("{}#", name(x));
                match text.parse::<f64>() {
                    Ok(number) => cells.push_str(&format!("<c r=\"{at}\"><v>{number}</v></c>")),
                    Err(_) => cells.push_str(&format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")),
                }
                if width * height > 1 {
                    let (first, last) = (2 * y + 1, 2 * (y + height) - 1);
                    merges.push_str(&format!("<mergeCell ref=\"{}{first}:{}{last}\"/>", name(x), name(x + width - 1)));
                    taken.extend((x..x + width).flat_map(|x| (y..y + height).map(move |y| (x, y))));
                }
                x += width;
            }
            let numbered = |row: usize| cells.replace('#', &row.to_string());
            rows.push_str(&format!("<row r=\"{0}\">{1}</row>", 2 * y + 1, numbered(2 * y + 1)));
            let earlier = numbered(2 * y + 2).replace("<v>", "<v>9");
            rows.push_str(&format!("<row r=\"{0}\" hidden=\"1\">{earlier}</row>", 2 * y + 2));
        }
        files.push((format!("xl/worksheets/sheet{n}.xml"), format!("<?xml version=\"1.0\"?><worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><cols><col min=\"2\" max=\"2\" hidden=\"1\"/></cols><sheetData>{rows}</sheetData><mergeCells>{merges}</mergeCells></worksheet>")));
        sheets.push_str(&format!("<sheet name=\"表{n}\" sheetId=\"{}\" r:id=\"r{n}\"/>", n + 1));
        relations.push_str(&format!("<Relationship Id=\"r{n}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet{n}.xml\"/>"));
    }
    // An old sheet that nobody is shown.
    files.push(("xl/worksheets/sheet9.xml".into(), files[1].1.replace("<v>", "<v>9")));
    sheets.insert_str(0, "<sheet name=\"旧\" sheetId=\"9\" state=\"hidden\" r:id=\"r9\"/>");
    relations.push_str("<Relationship Id=\"r9\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet9.xml\"/>");
    files.push(("xl/workbook.xml".into(), format!("<?xml version=\"1.0\"?><workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets>{sheets}</sheets></workbook>")));
    files.push((
        "_rels/.rels".into(),
        "<?xml version=\"1.0\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>".into(),
    ));
    files.push(("xl/_rels/workbook.xml.rels".into(), format!("<?xml version=\"1.0\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{relations}</Relationships>")));
    let files: Vec<(&str, String)> = files.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
    let parsed = read(&zipped(&files));
    expect(&parsed, &numbers);
    assert!(parsed.page.reason.contains("hidden rows"), "{}", parsed.page.reason);
}

#[test]
fn a_file_that_is_broken_or_hostile_is_named() {
    let bomb = zipped(&[("word/document.xml", " ".repeat(70 << 20))]);
    let entity = zipped(&[(
        "word/document.xml",
        "<!DOCTYPE d [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><w:document>&x;</w:document>".into(),
    )]);
    for (body, words) in [
        (b"%PDF-1.7\nnothing".to_vec(), "PDF: it is no PDF that can be read"),
        (b"PK\x03\x04nothing".to_vec(), "broken ZIP container"),
        (zipped(&[("OFD.xml", String::new())]), "OFD: files of this kind are kept and not read"),
        (zipped(&[("a.txt", String::new())]), "ZIP archive"),
        (bomb, "unpacks to more than"),
        (entity, "document type, which is not read"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1nothing".to_vec(), "LibreOffice"),
        (b"\x89PNG\r\n\x1a\n".to_vec(), "PNG image: files of this kind are kept and not read"),
    ] {
        let parsed = read(&body);
        assert_eq!(parsed.page.kind, PageKind::Attachment);
        assert!(parsed.page.reason.contains(words), "{words}: {}", parsed.page.reason);
    }
}

/// A stand-in for LibreOffice that makes the file it is asked for out of one that is known.
#[cfg(unix)]
#[test]
fn legacy_word_goes_through_libreoffice_where_it_is_installed() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let row = "<w:tr><w:tc><w:p><w:r><w:t>行政许可</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>24</w:t></w:r></w:p></w:tc></w:tr>";
    let head = row.replace("行政许可", "信息内容").replace("24", "本年处理决定数量");
    let xml = format!(
        "<w:document><w:body><w:p><w:r><w:t>一、总体情况</w:t></w:r></w:p><w:p><w:r><w:t>二、主动公开政府信息情况</w:t></w:r></w:p><w:tbl>{head}{row}</w:tbl><w:p><w:r><w:t>三、收到和处理政府信息公开申请情况</w:t></w:r></w:p></w:body></w:document>"
    );
    std::fs::write(folder.path().join("known.docx"), zipped(&[("word/document.xml", xml)])).unwrap();
    let script = format!(
        "#!/bin/sh\nout=\nwhile [ $# -gt 1 ]; do [ \"$1\" = --outdir ] && out=$2; shift; done\ncp {}/known.docx \"$out/report.docx\"\n",
        folder.path().display()
    );
    std::fs::write(folder.path().join("soffice"), script).unwrap();
    std::fs::set_permissions(folder.path().join("soffice"), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::write(folder.path().join("report.doc"), b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 Word").unwrap();
    let read_with = |path: String| {
        let output = super::gongkai()
            .current_dir(folder.path())
            .env("PATH", path)
            .args(["parse", "report.doc", "--json"])
            .output()
            .unwrap();
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let with = read_with(format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap()));
    assert_eq!(with["report"]["values"][0]["value"], "24", "{with}");
    let without = read_with("/nonexistent".into());
    assert_eq!(without["report"], serde_json::Value::Null);
    assert!(
        without["page"]["reason"].as_str().unwrap().contains("LibreOffice (soffice) is not installed"),
        "{without}"
    );
}
