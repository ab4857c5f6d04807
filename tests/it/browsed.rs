//! The catalogue in a real browser: pages load without a complaint, search finds, text stays text.
//!
//! The browser is Chromium, as Debian's package `chromium` has it. Where there is none the tests say so
//! and hold nothing.

use std::{
    env,
    path::{Path, PathBuf},
    sync::LazyLock,
    time::Duration,
};

use crate::{
    Bench,
    catalog::{catalog, files, hostile, is, seeded},
};

/// A browser that runs without a screen; the reason is told once where there is none.
fn browser() -> Option<&'static Path> {
    static BROWSER: LazyLock<Option<PathBuf>> = LazyLock::new(find);
    BROWSER.as_deref()
}

#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn find() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let folders: Vec<_> = env::split_paths(&path).collect();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let mut places = names.iter().flat_map(|name| folders.iter().map(move |it| it.join(name)));
    let Some(browser) = places.find(|place| place.is_file()) else {
        eprintln!("SKIPPED: there is no chromium in PATH; on Debian, apt-get install chromium");
        return None;
    };
    let bench = Bench::new();
    bench.file("started.html", "<!DOCTYPE html><title>started</title>");
    if !show(&browser, &bench, "started.html").page.contains("started") {
        eprintln!("SKIPPED: {} does not start here", browser.display());
        return None;
    }
    Some(browser)
}

/// What a page has become once its scripts have run, and what it had to complain about.
struct Shown {
    page: String,
    complaints: Vec<String>,
}

fn show(browser: &Path, bench: &Bench, place: &str) -> Shown {
    let profile = tempfile::tempdir().unwrap();
    let address =
        format!("file://{}/{place}", bench.path("").display()).replace("//pages", "/pages");
    let output = assert_cmd::Command::new(browser)
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        .args(["--enable-logging=stderr", "--virtual-time-budget=5000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(&address)
        .timeout(Duration::from_mins(2))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let complains = |line: &&str| line.contains("CONSOLE") || line.contains("Refused to");
    Shown {
        page: String::from_utf8_lossy(&output.stdout).into_owned(),
        complaints: told.lines().filter(complains).map(str::to_owned).collect(),
    }
}

impl Shown {
    /// The titles that are listed and not hidden, in their order.
    fn listed(&self) -> Vec<String> {
        assert_eq!(self.complaints, [""; 0]);
        let list = self.page.split("id=\"rules\"").nth(1).expect("the page has a list");
        let rows = list.split("<li ").skip(1);
        let visible =
            rows.filter(|row| !row.split('>').next().unwrap_or_default().contains("hidden"));
        let title = |row: &str| {
            let link = row.split(".html\">").nth(1).unwrap_or_default();
            link.split("</a>").next().unwrap_or_default().to_owned()
        };
        visible.map(title).collect()
    }
}

#[test]
fn every_page_loads_without_a_complaint() {
    let Some(browser) = browser() else { return };
    let bench = hostile();
    let args = ["-r", "builtin", "-r", "hostile", "-r", "neighbours"];
    assert_eq!(catalog(&bench, &args).code, Some(0));
    // All of them in frames of one page, as starting a browser takes longer than showing a page.
    let names = files(&bench.path("pages"));
    let pages: Vec<_> = names.iter().filter(|name| is(name, "html")).collect();
    assert!(pages.len() > 100, "{}", pages.len());
    let frames: Vec<_> =
        pages.iter().map(|name| format!("<iframe src=\"pages/{name}\"></iframe>")).collect();
    bench.file("all.html", format!("<!DOCTYPE html><title>all</title>{}", frames.concat()));
    let shown = show(browser, &bench, "all.html");
    assert_eq!(shown.complaints, [""; 0]);
    assert_eq!(shown.page.matches("<iframe").count(), pages.len());

    // The same way does show a complaint.
    bench.file("bad.html", "<!DOCTYPE html><iframe src=\"worse.html\"></iframe>");
    bench.file("worse.html", "<!DOCTYPE html><script>nothing.there()</script>");
    assert_eq!(show(browser, &bench, "bad.html").complaints.len(), 1);
}

#[test]
fn search_finds_by_title_technique_event_value_and_id() {
    let Some(browser) = browser() else { return };
    let bench = seeded();
    assert_eq!(catalog(&bench, &["-r", "seed", "-r", "neighbours"]).code, Some(0));
    let found = |state: &str| show(browser, &bench, &format!("pages/index.html{state}")).listed();
    let (seed, any) = ("AWS Console GetSigninToken Potential Abuse", "Any Sign-In Token");
    let (elsewhere, login) = ("Sign-In Token of Another Service", "Console Login");
    assert_eq!(found(""), [seed, any, elsewhere, login]);
    assert_eq!(found("#q=console"), [seed, login], "title");
    assert_eq!(found("#q=t1550.001"), [seed, any], "technique, in either spelling");
    assert_eq!(found("#q=cloud%20services"), [seed], "name of a technique");
    assert_eq!(found("#q=GETSIGNINTOKEN"), [seed, any, elsewhere], "event");
    assert_eq!(found("#q=jersey"), [seed, any], "value, also of an exclusion");
    assert_eq!(found("#q=8aaa-000000000003"), [login], "id");
    assert_eq!(found("#q=token+elsewhere"), [elsewhere], "every word");
    assert_eq!(found("#level=low"), [any]);
    assert_eq!(found("#level=none&set=neighbours"), [login]);
    assert_eq!(found("#set=seed"), [seed]);
    assert_eq!(found("#q=nothing-like-it"), [""; 0]);
    assert_eq!(found("#events"), [seed, any, elsewhere, login], "the place of a section");
}

/// Types, presses keys and clicks, and puts what became of it into the title.
const HANDS: &str = r#"
setTimeout(() => {
  const told = [];
  const find = document.getElementById("q");
  const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  const state = () => `${location.hash} ${document.getElementById("found").textContent}`;
  press("/");
  told.push(document.activeElement === find ? "in the field" : "elsewhere");
  find.value = "sign-in token";
  find.dispatchEvent(new Event("input", { bubbles: true }));
  told.push(state());
  press("ArrowDown");
  told.push(document.activeElement.textContent);
  press("ArrowDown");
  told.push(document.activeElement.textContent);
  find.focus();
  press("Escape");
  told.push(state());
  document.querySelector(".cell").click();
  setTimeout(() => {
    told.push(state());
    document.title = told.join("; ");
  }, 100);
}, 100);
"#;

#[test]
fn search_can_be_typed_and_walked_through_by_keys() {
    let Some(browser) = browser() else { return };
    let bench = seeded();
    assert_eq!(catalog(&bench, &["-r", "seed", "-r", "neighbours"]).code, Some(0));
    let script = bench.read("pages/assets/catalog.js") + HANDS;
    bench.file("pages/assets/catalog.js", script);
    let shown = show(browser, &bench, "pages/index.html");
    assert_eq!(shown.complaints, [""; 0]);
    let title = shown.page.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next());
    insta::assert_snapshot!(title.unwrap_or_default(), @"in the field; #q=sign-in+token 2 rules; Any Sign-In Token; Sign-In Token of Another Service;  All rules; #q=T1021.007 1 rule");
}

#[test]
fn a_title_with_a_script_stays_text() {
    let Some(browser) = browser() else { return };
    let bench = hostile();
    assert_eq!(catalog(&bench, &["-r", "hostile"]).code, Some(0));
    let names = files(&bench.path("pages"));
    let page = names.iter().find(|name| name.starts_with("rules/")).unwrap();
    for place in ["index.html#q=script", page] {
        let shown = show(browser, &bench, &format!("pages/{place}"));
        assert_eq!(shown.complaints, [""; 0], "{place}");
        assert_eq!(shown.page.matches("<script").count(), 2, "{place}: only our own two");
        assert!(shown.page.contains("&lt;script&gt;globalThis.ran = 1&lt;/script&gt;"), "{place}");
        assert!(!shown.page.contains("<img") && !shown.page.contains("<svg onload"), "{place}");
    }
}
