//! `rules catalog`: what is written where, what a page says, and that no rule's text is more than text.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

use crate::{BAD, Bench, Ran};

/// Rules that look for the same as the seed's, or nearly.
const NEIGHBOURS: &str = "\
title: Any Sign-In Token
id: 11111111-bbbb-4aaa-8aaa-000000000001
level: low
tags: [attack.lateral_movement, attack.T1550.001]
logsource: {product: aws, service: cloudtrail}
detection:
  token: {eventName: getsignintoken}
  portal: {userAgent|contains: 'Jersey/${project.version}'}
  condition: token and portal
---
title: Sign-In Token of Another Service
id: 11111111-bbbb-4aaa-8aaa-000000000002
level: high
logsource: {product: aws, service: cloudtrail}
detection:
  token: {eventSource: elsewhere.amazonaws.com, eventName: GetSigninToken}
  condition: token
---
title: Console Login
id: 11111111-bbbb-4aaa-8aaa-000000000003
logsource: {product: aws, service: cloudtrail}
detection:
  login: {eventSource: signin.amazonaws.com, eventName: ConsoleLogin}
  condition: login
";

/// A rule whose every text tries to be more than text.
const HOSTILE: &str = r#"
title: '<script>globalThis.ran = 1</script> "title" [x](javascript:1) | `a`'
id: '"><img src=x onerror=globalThis.ran=1>'
description: "</p><script>globalThis.ran = 1</script>\n# heading\n\n1. list \u202e\u001b[31m"
author: '<b>author</b>'
status: test
references: ['javascript:globalThis.ran=1', 'https://example.com/"onmouseover="globalThis.ran=1', 'https://example.com/ok']
falsepositives: ['<svg onload=globalThis.ran=1>']
tags: ['attack.<i>', 'attack.t1078.004']
level: high
logsource: {product: aws, service: cloudtrail}
detection:
  '<u>sel</u>':
    eventSource: '</code><script>globalThis.ran = 1</script>'
    'a"b<c>': ['</script>', "'", '`', '|', "line\nbreak"]
    userAgent|re: '<x>'
  filter:
    userIdentity.arn: '*</td>*'
  condition: 1 of * and not filter
"#;

/// The seed's rule and its neighbours.
pub(crate) fn seeded() -> Bench {
    let bench = Bench::new();
    let seed = "rules/lateral-movement/aws_console_getsignintoken.yml";
    let text = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(seed)).unwrap();
    bench.file("seed/getsignintoken.yml", text);
    bench.file("neighbours/rules.yml", NEIGHBOURS);
    bench
}

/// The same, with a hostile rule.
pub(crate) fn hostile() -> Bench {
    let bench = seeded();
    bench.file("hostile/rule.yml", HOSTILE);
    bench
}

/// `rules catalog pages` over these rules.
pub(crate) fn catalog(bench: &Bench, args: &[&str]) -> Ran {
    bench.run(&[&["rules", "catalog", "pages"], args].concat())
}

/// The files below a folder, by their names from there.
pub(crate) fn files(folder: &Path) -> BTreeSet<String> {
    let (mut names, mut open) = (BTreeSet::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                names.insert(path.strip_prefix(folder).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    names
}

/// Whether a file has that ending.
pub(crate) fn is(name: &str, ending: &str) -> bool {
    Path::new(name).extension().is_some_and(|it| it == ending)
}

fn json(bench: &Bench) -> Value {
    serde_json::from_str(&bench.read("pages/catalog.json")).unwrap()
}

#[test]
fn the_page_of_the_seed_says_what_it_should() {
    let bench = seeded();
    let ran = catalog(&bench, &["-r", "seed", "-r", "others=neighbours", "-f", "markdown"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
    insta::assert_snapshot!(ran.stderr, @"5 files are written to pages: 4 rules and 0 correlations of 2 sets.");
    let page = "pages/rules/aws-console-getsignintoken-potential-abuse-f8103686.md";
    insta::assert_snapshot!("seed_page", bench.read(page));
    insta::assert_snapshot!("seed_overview", bench.read("pages/index.md"));
}

#[test]
fn the_same_is_said_in_every_form() {
    let bench = seeded();
    let ran = catalog(&bench, &["-r", "seed", "-r", "neighbours", "-f", "json", "-f", "html,md"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let catalog = json(&bench);
    assert_eq!(catalog["format"], 1);
    let seed = &catalog["rules"][0];
    assert_eq!(seed["id"], "f8103686-e3e8-46f3-be72-65f7fcb4aa53");
    let keys: Vec<&str> = seed.as_object().unwrap().keys().map(String::as_str).collect();
    insta::assert_snapshot!(keys.join(" "), @"page set file title id level status description author date modified license references falsepositives tags reported attack events same_action same_action_cut body condition stages exclusions indicators filters feeds");
    insta::assert_snapshot!(seed["attack"], @r#"{"rows":[{"tactic":{"id":"TA0008","name":"Lateral Movement","tag":"lateral-movement"},"techniques":[{"id":"T1021.007","name":"Remote Services: Cloud Services","now":null},{"id":"T1550.001","name":"Use Alternate Authentication Material: Application Access Token","now":null}]}],"other":[]}"#);
    insta::assert_snapshot!(seed["events"], @r#"[{"provider":"signin.amazonaws.com","event":"GetSigninToken"}]"#);
    insta::assert_snapshot!(seed["exclusions"], @r#"[{"selection":"filter_main_console_ua","field":"userAgent","kind":"contains","values":["Jersey/${project.version}"]}]"#);
    insta::assert_snapshot!(seed["indicators"], @r#"[{"field":"eventSource","operator":"equals","value":"signin.amazonaws.com","corpus":1},{"field":"eventName","operator":"equals","value":"GetSigninToken","corpus":2}]"#);
    let others: Vec<_> = seed["same_action"].as_array().unwrap().iter().collect();
    assert_eq!(others.len(), 1, "another provider is another action");
    assert_eq!(others[0]["title"], "Any Sign-In Token");

    let name = seed["page"].as_str().unwrap();
    let html = bench.read(&format!("pages/rules/{name}.html"));
    let markdown = bench.read(&format!("pages/rules/{name}.md"));
    for part in [
        "Remote Services: Cloud Services",
        "signin.amazonaws.com",
        "Any Sign-In Token",
        "2024-02-26",
    ] {
        assert!(html.contains(part) && markdown.contains(part), "{part}");
    }
    assert!(html.contains(r#"<a href="any-sign-in-token-11111111.html">"#), "{html}");
}

/// Markdown without what stands in code: from a run of backticks to the next that is as long.
fn without_code(markdown: &str) -> String {
    let (mut outside, mut rest) = (String::new(), markdown);
    while let Some(at) = rest.find('`') {
        outside.push_str(&rest[..at]);
        let after = rest[at..].trim_start_matches('`');
        let length = rest.len() - at - after.len();
        if outside.ends_with('\\') {
            rest = after;
            continue;
        }
        let mut end = 0;
        loop {
            let next = end + after[end..].find('`').expect("code that is begun is ended");
            let run = after[next..].len() - after[next..].trim_start_matches('`').len();
            end = next + run;
            if run == length {
                break;
            }
        }
        rest = &after[end..];
    }
    outside + rest
}

#[test]
fn no_text_of_a_rule_is_markup() {
    let bench = hostile();
    let args = ["-r", "hostile", "-r", "<script>x=seed", "-f", "html,markdown,json"];
    let ran = catalog(&bench, &args);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let names = files(&bench.path("pages"));
    for name in names.iter().filter(|name| is(name, "html")) {
        let text = bench.read(&format!("pages/{name}"));
        assert_eq!(text.matches("<script").count(), 2, "{name}: only our own two");
        for bad in [
            "<img",
            "<svg onload",
            "<b>author",
            "<i>",
            "<u>",
            "href=\"javascript:",
            "\" onmouseover",
            "\u{202e}",
            "\u{1b}",
        ] {
            assert!(!text.contains(bad), "{bad} in {name}");
        }
    }
    let page = names.iter().find(|name| name.contains("globalthis") && is(name, "md"));
    let page = bench.read(&format!("pages/{}", page.unwrap()));
    let outside = without_code(&page);
    assert!(
        !outside.contains("<s") && !outside.contains("<i") && !outside.contains("</"),
        "{outside}"
    );
    assert!(!outside.contains("\n# heading") && !outside.contains("\n1. list"), "{outside}");
    assert!(!outside.replace("\\]", "").contains("](javascript"), "{outside}");
    assert!(!page.contains('\u{202e}') && !page.contains('\u{1b}'));
    let catalog = json(&bench);
    assert!(catalog["rules"][0]["title"].as_str().unwrap().starts_with("<script>"), "kept as data");
}

#[test]
fn builtin_rules_are_the_default_and_every_link_leads_somewhere() {
    let bench = Bench::new();
    let ran = catalog(&bench, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let names = files(&bench.path("pages"));
    assert!(names.len() > 100, "{}", names.len());
    let mut links = 0;
    for name in names.iter().filter(|name| is(name, "html")) {
        let text = bench.read(&format!("pages/{name}"));
        assert!(!text.contains("src=\"http") && !text.contains("style=\""), "{name}");
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        for link in text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            if link.starts_with("https://") || link.starts_with("http://") {
                continue;
            }
            let (file, place) = link.split_once('#').unwrap_or((link, ""));
            let target = match (file, file.strip_prefix("../")) {
                ("", _) => name.clone(),
                (_, Some(up)) => up.to_owned(),
                (file, None) if folder.is_empty() => file.to_owned(),
                (file, None) => format!("{folder}/{file}"),
            };
            assert!(names.contains(&target), "{link} in {name}");
            if !place.is_empty() && !place.contains('=') {
                let there = bench.read(&format!("pages/{target}"));
                assert!(there.contains(&format!("id=\"{place}\"")), "{link} in {name}");
            }
            links += 1;
        }
    }
    assert!(links > 1000, "{links}");
}

#[test]
fn a_folder_that_holds_something_else_is_left_alone() {
    let bench = seeded();
    bench.file("pages/mine.txt", "mine");
    let ran = catalog(&bench, &["-r", "seed"]);
    assert_eq!(ran.code, Some(2));
    insta::assert_snapshot!(ran.stderr, @"error: pages is not empty and holds no catalog: name another folder, or use --force to write into it");
    assert_eq!(files(&bench.path("pages")).len(), 1);
    assert_eq!(catalog(&bench, &["-r", "seed", "--force"]).code, Some(0));
    assert_eq!(bench.read("pages/mine.txt"), "mine");
}

#[test]
fn a_catalogue_is_replaced_and_nothing_else_is() {
    let bench = seeded();
    assert_eq!(catalog(&bench, &["-r", "neighbours"]).code, Some(0));
    let before = files(&bench.path("pages"));
    bench.file("pages/rules/mine.html", "mine");
    // A list that names what is not in the folder takes nothing away.
    bench.file("outside.html", "outside");
    let list = bench.read("pages/.backtrail-catalog");
    bench.file("pages/.backtrail-catalog", list + "../outside.html\n");
    assert_eq!(catalog(&bench, &["-r", "seed"]).code, Some(0));
    let after = files(&bench.path("pages"));
    assert!(before.iter().any(|name| name.starts_with("rules/console-login")));
    assert!(!after.iter().any(|name| name.starts_with("rules/console-login")));
    assert!(after.contains("rules/mine.html"));
    assert_eq!(bench.read("outside.html"), "outside");
}

#[test]
fn the_same_rules_give_the_same_bytes() {
    let bench = seeded();
    let all = |folder: &str| {
        let args =
            ["rules", "catalog", folder, "-r", "neighbours", "-r", "seed", "-f", "html,md,json"];
        assert_eq!(bench.run(&args).code, Some(0));
        let names = files(&bench.path(folder));
        names.into_iter().map(|name| bench.read(&format!("{folder}/{name}"))).collect::<Vec<_>>()
    };
    assert_eq!(all("one"), all("two"));
}

#[test]
fn sets_are_chosen_from_and_told_apart() {
    let bench = seeded();
    let ran = catalog(&bench, &["-r", "seed", "-r", "./seed"]);
    assert_eq!(ran.code, Some(2));
    insta::assert_snapshot!(ran.stderr, @"error: two sets are called seed: give one another name, as in --rules other=./seed");
    let chosen = ["-r", "seed", "-r", "neighbours", "--rule", "Console Login", "-f", "json"];
    assert_eq!(catalog(&bench, &chosen).code, Some(0));
    assert_eq!(json(&bench)["rules"].as_array().unwrap().len(), 1);
    let none = catalog(&bench, &["-r", "seed", "--rule", "nothing like it"]);
    assert_eq!(none.code, Some(2), "{}", none.stderr);
}

#[test]
fn refused_documents_are_told_and_the_rest_has_pages() {
    let bench = Bench::new();
    bench.file("rules/bad.yml", BAD);
    let ran = catalog(&bench, &["-r", "rules", "-f", "json"]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.stderr.contains("1 refused document of rules has no page"), "{}", ran.stderr);
    let catalog = json(&bench);
    assert_eq!(catalog["sets"][0]["refused"], 1);
    assert_eq!(catalog["rules"].as_array().unwrap().len(), 2);
}

#[test]
fn files_are_named_relative_to_their_set() {
    let bench = Bench::new();
    let rules = bench.path("rules");
    let single = bench.path("rules/stop.yml");
    let args = [&format!("all={}", rules.display()), &format!("one={}", single.display())];
    let ran = catalog(&bench, &["-r", args[0], "-r", args[1], "-f", "html", "-f", "json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let named = json(&bench);
    let named = named["rules"].as_array().unwrap().iter();
    assert_eq!(
        named.map(|it| it["file"].as_str().unwrap()).collect::<Vec<_>>(),
        ["look.yml", "stop.yml", "stop.yml"]
    );
    let own = bench.folder.path().to_string_lossy().into_owned();
    for file in files(&bench.path("pages")) {
        assert!(!bench.read(&format!("pages/{file}")).contains(&own), "{file}");
    }
}
