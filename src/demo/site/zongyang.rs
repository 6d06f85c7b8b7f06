//! www.zongyang.gov.cn: a wall. Every path answers 521 with a script that sets a cookie.

use crate::demo::page::Page;

pub const HOST: &str = "www.zongyang.gov.cn.localhost";
pub const LISTING: &str = "/openness/OpennessAnnualReport/";

/// What any path of the host answers.
pub fn challenge() -> Page {
    let body = "<script>document.cookie=('_')+('_')+('j')+('s')+('l')+('_clearance')+'=1;max-age=3600';location.href=location.pathname+location.search</script>";
    let mut page = Page::html(HOST, "/", "text/html", body.into());
    page.status = 521;
    page.headers.push(("Set-Cookie", "__jsluid_h=0f1e2d3c; max-age=31536000; path=/; HttpOnly".into()));
    page
}
