//! Bundles, sound and wrong, and what is right for each file in them.
//!
//! Matches of the seed rule are planted, called after the bundle and the file: `bundle-cut.zip-a.json-1`. `expected.json` has
//! an entry for each file that must be listed, by its full name.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde_json::{Value, json};

use super::archive::put;
use super::clock::BEGIN;
use super::pack::{BZIP2, DEFLATE, Entry, FOLLOWS, STORED, Tar, ZSTD, Zip, bzip2, gzip, zstd};
use super::random::Random;
use super::record::Catalog;
use super::signin::{self, SignIn};
use super::stream::Stream;
use super::world::{REGIONS, World};

/// All bundles, and what is expected of the files in them.
#[derive(Debug)]
pub(crate) struct Bundles {
    /// Name to bytes.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    expected: BTreeMap<String, Value>,
    random: Random,
}

/// Writes all bundles and `expected.json` into `dir`.
pub(crate) fn write(dir: &Path) -> io::Result<()> {
    let bundles = bundles()?;
    for (name, bytes) in &bundles.files {
        put(&dir.join(name), bytes)?;
    }
    put(&dir.join("expected.json"), bundles.expected_text()?.as_bytes())
}

/// Makes all bundles.
pub(crate) fn bundles() -> io::Result<Bundles> {
    let mut bundles = Bundles {
        files: BTreeMap::new(),
        expected: BTreeMap::new(),
        random: Random::new(0x6275_6e64_6c65, 0),
    };
    bundles.zips()?;
    bundles.wrong_zips()?;
    bundles.tars()?;
    bundles.wrong_tars()?;
    bundles.nested()?;
    bundles.large()?;
    bundles.others()?;
    Ok(bundles)
}

impl Bundles {
    /// What stands in `expected.json`.
    pub(crate) fn expected_text(&self) -> io::Result<String> {
        Ok(format!("{:#}\n", serde_json::to_value(&self.expected)?))
    }

    fn add(&mut self, name: &str, bytes: impl Into<Vec<u8>>) {
        self.files.insert(name.to_owned(), bytes.into());
    }

    /// A file must be listed, with that outcome.
    fn expect(&mut self, name: &str, outcome: &str, why: &str) {
        self.expect_found(name, outcome, &[], false, why);
    }

    fn expect_found(
        &mut self,
        name: &str,
        outcome: &str,
        ids: &[String],
        unchecked: bool,
        why: &str,
    ) {
        let mut told = json!({"outcome": outcome, "found": ids, "why": why});
        if unchecked {
            told["integrity"] = "unchecked".into();
        }
        self.expected.insert(name.to_owned(), told);
    }

    /// The text of a file in which two matches are planted, with `between` records between them. It
    /// must be read, and both found.
    fn text(&mut self, name: &str, between: usize, why: &str) -> Vec<u8> {
        self.text_as(name, between, "read", &[1, 2], false, why)
    }

    fn text_as(
        &mut self,
        name: &str,
        between: usize,
        outcome: &str,
        found: &[usize],
        unchecked: bool,
        why: &str,
    ) -> Vec<u8> {
        // A backslash would be an escape in JSON.
        let ids = [1, 2].map(|number| format!("bundle-{}-{number}", name.replace('\\', "/")));
        let found: Vec<_> = found.iter().map(|number| ids[number - 1].clone()).collect();
        self.expect_found(name, outcome, &found, unchecked, why);
        let [first, second] = ids.map(|id| self.hit(&id));
        let (catalog, world) = (Catalog::new(), World::new(0));
        let mut stream = Stream::new(&catalog, &world, REGIONS[0], 2, BEGIN, &mut self.random);
        let mut plain = String::new();
        stream.next(&mut plain, BEGIN, &mut self.random);
        let records = [vec![first], vec![plain; between], vec![second]].concat();
        format!(r#"{{"Records":[{}]}}"#, records.join(",")).into_bytes()
    }

    fn hit(&mut self, id: &str) -> String {
        let mut record = String::new();
        let (world, random) = (World::new(0), &mut self.random);
        signin::write(&mut record, SignIn::Script, &world, REGIONS[0], BEGIN + 90, id, random);
        record
    }

    fn zips(&mut self) -> io::Result<()> {
        let mut zip = Zip::default();
        zip.file("AWSLogs/", b"", STORED)?;
        for (region, how) in [("us-east-1", STORED), ("eu-central-1", DEFLATE)] {
            let key = key(region);
            let text = self.text(&format!("trail.zip!{key}"), 1, "as AWS delivered it");
            zip.file(&key, &gzip(&text)?, how)?;
        }
        let note = [&b"\0\x05\x16\x07\0\x02\0\0Mac OS X"[..], &[0; 40]].concat();
        let name = format!("__MACOSX/._{}", key("us-east-1").replace('/', "-"));
        zip.file(&name, &note, DEFLATE)?;
        self.expect(&format!("trail.zip!{name}"), "skipped", "a note that macOS keeps on a file");
        zip.file("README.txt", b"Copied from the bucket.", DEFLATE)?;
        self.expect("trail.zip!README.txt", "skipped", "no log and not meant to be one");
        let mut link = Entry::new("latest.json", b"AWSLogs", STORED)?;
        link.mode = 0o12_0777;
        zip.entry(&link);
        self.add("trail.zip", zip.finish());

        let mut zip = Zip::default();
        for (name, method) in
            [("a.json", STORED), ("b.json", DEFLATE), ("c.json", BZIP2), ("d.json", ZSTD)]
        {
            let text = self.text(&format!("methods.zip!{name}"), 0, "a method that is read");
            zip.file(name, &text, method)?;
        }
        let text = self.text("methods.zip!e.json", 0, "its sizes stand behind it");
        zip.entry(&Entry { flags: FOLLOWS, ..Entry::new("e.json", &text, DEFLATE)? });
        for (name, method, why) in [
            ("f.json", 9, "deflate64"),
            ("g.json", 14, "lzma"),
            ("h.json", 99, "encrypted by AES"),
            ("i", 77, "a method that nobody knows, so that nobody knows what it is"),
        ] {
            zip.entry(&Entry { method, ..Entry::new(name, b"....", STORED)? });
            self.expect(&format!("methods.zip!{name}"), "failed", why);
        }
        zip.entry(&Entry { flags: 1, ..Entry::new("j.json", b"....", STORED)? });
        self.expect("methods.zip!j.json", "failed", "encrypted");
        zip.file("k.json", b"", STORED)?;
        self.expect("methods.zip!k.json", "failed", "it is empty");
        self.add("methods.zip", zip.finish());

        let mut zip = Zip::default();
        for name in ["../../etc/passwd.json", "/etc/shadow.json", "C:\\log.json", "a!b.json"] {
            let text = self.text(&format!("names.zip!{name}"), 0, "a name and nothing else");
            zip.file(name, &text, DEFLATE)?;
        }
        let text = self.text("names.zip!caf\u{fffd}.json", 0, "its name is not UTF-8");
        zip.file(b"caf\xe9.json", &text, DEFLATE)?;
        self.add("names.zip", zip.finish());
        self.add("none.zip", Zip::default().finish());
        Ok(())
    }

    fn wrong_zips(&mut self) -> io::Result<()> {
        let mut zip = Zip::default();
        let text = self.text("cut.zip!a.json", 0, "it stands before the cut");
        zip.file("a.json", &text, DEFLATE)?;
        let text = self.text("cut.zip!b.json", 0, "before the cut, its sizes behind it");
        zip.entry(&Entry { flags: FOLLOWS, ..Entry::new("b.json", &text, DEFLATE)? });
        let why = "the archive ends inside it";
        let text = self.text_as("cut.zip!c.json", 9, "salvaged", &[1], true, why);
        zip.file("c.json", &text, STORED)?;
        self.add("cut.zip", &zip.bytes()[..zip.bytes().len() - 4000]);
        self.expect("cut.zip", "salvaged", "it is cut, so its directory is missing");

        let mut zip = Zip::default();
        let why = "its checksum is wrong";
        let text = self.text_as("lying.zip!a.json", 0, "salvaged", &[1, 2], true, why);
        zip.entry(&Entry { checksum: 7, ..Entry::new("a.json", &text, DEFLATE)? });
        let why = "its length is wrong";
        let text = self.text_as("lying.zip!b.json", 0, "salvaged", &[1, 2], true, why);
        zip.entry(&Entry { length: 1 << 30, ..Entry::new("b.json", &text, DEFLATE)? });
        let why = "it has fewer bytes than it needs";
        let text = self.text_as("lying.zip!c.json", 9, "salvaged", &[1], true, why);
        let mut entry = Entry::new("c.json", &text, STORED)?;
        entry.packed /= 2;
        zip.entry(&entry);
        let text = self.text("lying.zip!d.json", 0, "what stands around it lies");
        zip.file("d.json", &text, DEFLATE)?;
        zip.points_to(7, &Entry::new("e.json", b"", STORED)?);
        self.expect("lying.zip!e.json", "failed", "the directory points to the middle of another");
        self.add("lying.zip", zip.finish());
        self.expect("lying.zip", "salvaged", "half of a file belongs to nothing");

        let mut zip = Zip::default();
        let text = self.text("overlap.zip!0.json", 20, "the first of many that are one");
        let entry = Entry::new("0.json", &text, STORED)?;
        zip.entry(&entry);
        for number in 1..50 {
            let name = format!("{number}.json");
            zip.points_to(0, &Entry { name: name.into_bytes(), ..entry.clone() });
        }
        for number in 1..4 {
            let ids = [1, 2].map(|hit| format!("bundle-overlap.zip!0.json-{hit}"));
            let name = format!("overlap.zip!{number}.json");
            self.expect_found(&name, "read", &ids, false, "the same bytes again");
        }
        self.expect("overlap.zip", "salvaged", "fifty files share their bytes");
        let packed = zip.finish();
        self.add("overlap.zip", packed);

        let one = |this: &mut Self, name: &str, why: &str| -> io::Result<Vec<u8>> {
            let text = this.text(name, 0, why);
            let file = name.rsplit('!').next().unwrap_or(name);
            Ok(Zip::default().file(file, &text, DEFLATE)?.finish())
        };
        let mut packed = one(self, "garbage.zip!a.json", "whole")?;
        packed.extend(b"-- end of copy --");
        self.add("garbage.zip", packed);
        self.expect("garbage.zip", "salvaged", "something else follows it");
        let first = one(self, "two.zip!a.json", "in the first of two archives")?;
        let second = one(self, "two.zip!b.json", "in the second of two archives")?;
        self.add("two.zip", [first, second].concat());
        self.expect("two.zip", "salvaged", "the directory of the second does not know the first");
        self.add("nothing.zip", &b"PK\x03\x04 and that is all"[..]);
        self.expect("nothing.zip", "failed", "it only begins like a zip");
        Ok(())
    }

    fn tars(&mut self) -> io::Result<()> {
        let mut tar = Tar::default();
        tar.header(b"AWSLogs/", 0, b'5');
        let key = key("us-east-1");
        let text = self.text(&format!("trail.tar!{key}"), 1, "its name is in a header of GNU");
        tar.file(&key, &gzip(&text)?);
        let text = self.text("trail.tar!short.json", 0, "plain");
        tar.file("short.json", &text);
        let long = format!("{}/x.json", "long".repeat(60));
        let text = self.text(&format!("trail.tar!{long}"), 0, "its name is in an extended header");
        tar.extended("path", long.as_bytes()).file("cut off", &text);
        let text = self.text("trail.tar!sized.json", 0, "its size is in an extended header");
        tar.extended("size", text.len().to_string().as_bytes());
        tar.header(b"sized.json", 0, b'0').data(&text);
        let text = self.text("trail.tar!d\u{fffd}.json", 0, "its name is not UTF-8");
        tar.file(b"d\xff.json", &text);
        for kind in b"1234567" {
            let name = format!("{}.json", char::from(*kind));
            let text = match kind {
                b'7' => self.text("trail.tar!7.json", 0, "contiguous, which is a file"),
                _ => Vec::new(),
            };
            tar.header(name.as_bytes(), text.len(), *kind).data(&text);
        }
        tar.header(b"sparse.json", 5, b'S').data(b"holes");
        self.expect("trail.tar!sparse.json", "failed", "stored with holes");
        tar.extended("GNU.sparse.name", b"pax.json").file("x", b"holes");
        self.expect("trail.tar!pax.json", "failed", "stored with holes");
        tar.file("notes.txt", b"none");
        self.expect("trail.tar!notes.txt", "skipped", "no log and not meant to be one");
        tar.file("empty.json", b"");
        self.expect("trail.tar!empty.json", "failed", "it is empty");
        tar.file("empty", b"");
        self.expect("trail.tar!empty", "skipped", "it is empty");
        self.add("trail.tar", tar.finish());

        let text = self.text("old.tar!a.json", 0, "in the form before all others");
        let mut block = [0; 512];
        block[..6].copy_from_slice(b"a.json");
        let size = format!("{:11o} ", text.len());
        block[124..136].copy_from_slice(size.as_bytes());
        self.add("old.tar", Tar::default().block(block).data(&text).finish());

        for ending in ["gz", "zst", "bz2"] {
            let name = format!("packed.tar.{ending}");
            let mut tar = Tar::default();
            for file in ["a.json", "b.json.gz"] {
                let text = self.text(&format!("{name}!{file}"), 2, "plain or packed once more");
                let gz = Path::new(file).extension().is_some_and(|ending| ending == "gz");
                tar.file(file, &if gz { gzip(&text)? } else { text });
            }
            let tar = tar.finish();
            let packed = match ending {
                "gz" => gzip(&tar)?,
                "zst" => zstd(&tar),
                _ => bzip2(&tar)?,
            };
            self.add(&name, packed);
        }
        Ok(())
    }

    fn wrong_tars(&mut self) -> io::Result<()> {
        // Cut inside the last file: plain, and packed.
        for (name, gz) in [("cut.tar", false), ("cut-inside.tar.gz", true), ("cut.tar.gz", true)] {
            let mut tar = Tar::default();
            let of_gzip = name == "cut.tar.gz";
            let why = "it stands before the cut";
            let text = self.text_as(&format!("{name}!a.json"), 0, "read", &[1, 2], of_gzip, why);
            tar.file("a.json", &text);
            let why = "the archive ends inside it";
            let text = self.text_as(&format!("{name}!b.json"), 9, "salvaged", &[1], true, why);
            tar.file("b.json", &text);
            let cut = tar.bytes().len() - 5000;
            let packed = match (gz, of_gzip) {
                (false, _) => tar.bytes()[..cut].to_vec(),
                (true, false) => gzip(&tar.bytes()[..cut])?,
                // Cut while it is written, so that the cut is where it is wanted.
                (true, true) => {
                    let mut packed = gzip(&tar.bytes()[..cut])?;
                    packed.truncate(packed.len() - 8);
                    packed
                }
            };
            self.add(name, packed);
            self.expect(name, "salvaged", "it ends early");
        }
        let mut tar = Tar::default();
        let why = "all of it is there, and the checksum around it is wrong";
        let text = self.text_as("crc.tar.gz!a.json", 0, "read", &[1, 2], true, why);
        let mut packed = gzip(&tar.file("a.json", &text).finish())?;
        let at = packed.len() - 8;
        packed[at] ^= 0x5a;
        self.add("crc.tar.gz", packed);
        self.expect("crc.tar.gz", "salvaged", "the checksum is wrong");

        let mut tar = Tar::default();
        let text = self.text("header.tar!a.json", 0, "it stands before the damage");
        tar.file("a.json", &text).raw(&[b'x'; 512]).data(b"lost");
        let text = self.text("header.tar!c.json", 0, "it stands behind the damage");
        self.add("header.tar", tar.file("c.json", &text).finish());
        self.expect("header.tar", "salvaged", "a header in it is broken");

        let text = self.text("endless.tar!a.json", 0, "whole");
        self.add("endless.tar", Tar::default().file("a.json", &text).bytes());
        self.expect("endless.tar", "salvaged", "the mark of its end is missing");

        let mut tar = Tar::default();
        let text = self.text("two.tar!a.json", 0, "in the first of two archives");
        tar.file("a.json", &text).raw(&[0; 1024]);
        let text = self.text("two.tar!b.json", 0, "in the second of two archives");
        self.add("two.tar", tar.file("b.json", &text).finish());

        let text = self.text("garbage.tar!a.json", 0, "whole");
        let packed = [Tar::default().file("a.json", &text).finish(), b"-- end --".to_vec()];
        self.add("garbage.tar", packed.concat());
        self.expect("garbage.tar", "salvaged", "something else follows it");
        Ok(())
    }

    fn nested(&mut self) -> io::Result<()> {
        let inner = "nested.tar.gz!b.zip!c.tar.bz2!d.zip!e.json.gz";
        let text = self.text(inner, 1, "four archives deep");
        let zip = Zip::default().file("e.json.gz", &gzip(&text)?, STORED)?.finish();
        let tar = bzip2(&Tar::default().file("d.zip", &zip).finish())?;
        let zip = Zip::default().file("c.tar.bz2", &tar, DEFLATE)?.finish();
        let text = self.text("nested.tar.gz!after.json", 0, "beside an archive");
        let tar = Tar::default().file("b.zip", &zip).file("after.json", &text).finish();
        self.add("nested.tar.gz", gzip(&tar)?);

        let mut bytes = Zip::default().file("f.json", b"{}", STORED)?.finish();
        let mut name = String::from("deep.zip");
        for number in 1..5 {
            let file = format!("{number}.zip");
            name = format!("{name}!{file}");
            bytes = Zip::default().file(format!("{}.zip", 5 - number), &bytes, DEFLATE)?.finish();
        }
        self.add("deep.zip", bytes);
        self.expect(&name, "failed", "the fifth archive in one another");

        let text = self.text("twice.json.gz", 1, "packed and packed again");
        self.add("twice.json.gz", bzip2(&gzip(&text)?)?);
        let text = self.text("zip.gz!a.json", 1, "a zip that was packed");
        self.add("zip.gz", gzip(&Zip::default().file("a.json", &text, STORED)?.finish())?);

        let mut tar = Tar::default();
        let text = self.text("damaged.tar!a.zip!a.json", 0, "whole in a damaged archive");
        let zip = Zip::default().file("a.json", &text, DEFLATE)?.bytes().to_vec();
        self.add("damaged.tar", tar.file("a.zip", &zip).finish());
        self.expect("damaged.tar!a.zip", "salvaged", "its directory is missing");
        Ok(())
    }

    /// Files larger than the smallest cap, and than what is held of a stream.
    fn large(&mut self) -> io::Result<()> {
        let (mut zip, mut tar) = (Zip::default(), Tar::default());
        let why = "larger than the smallest cap";
        for (file, between) in [("a.json", 100), ("b.json", 1200)] {
            let text = self.text(&format!("large.zip!{file}"), between, why);
            zip.file(file, &text, DEFLATE)?;
            let text = self.text(&format!("large.tar.gz!{file}"), between, why);
            tar.file(file, &text);
        }
        let why = "its checksum is wrong, which a stream knows at its end";
        let text = self.text_as("large.zip!c.json", 1200, "salvaged", &[1, 2], true, why);
        zip.entry(&Entry { checksum: 7, ..Entry::new("c.json", &text, DEFLATE)? });
        let why = "larger, and an archive of its own";
        let text = self.text("large.tar.gz!c.zip!d.json", 1200, why);
        let inner = Zip::default().file("d.json", &text, STORED)?.finish();
        tar.file("c.zip", &inner);
        let text = self.text("large.zip!d.tar!e.json", 1200, why);
        let inner = Tar::default().file("e.json", &text).finish();
        zip.file("d.tar", &inner, DEFLATE)?;
        let text = self.text("large.tar.gz!d.tar!e.json", 1200, why);
        tar.file("d.tar", &Tar::default().file("e.json", &text).finish());
        self.add("large.zip", zip.finish());
        self.add("large.tar.gz", gzip(&tar.finish())?);
        Ok(())
    }

    fn others(&mut self) -> io::Result<()> {
        let text = self.text("lone.json.bz2", 1, "bzip2, in two streams");
        let (first, second) = text.split_at(700);
        self.add("lone.json.bz2", [bzip2(first)?, bzip2(second)?].concat());
        let text = self.text("copy!a.json", 0, "what it is in is not called an archive");
        self.add("copy", Zip::default().file("a.json", &text, DEFLATE)?.finish());
        self.add("seven.7z", &b"7z\xbc\xaf\x27\x1c\x00\x04 and so on"[..]);
        self.expect("seven.7z", "failed", "7z is not read");
        let why = "7z is not read";
        let inner =
            Zip::default().file("seven", b"7z\xbc\xaf\x27\x1c\x00\x04 and so on", STORED)?.finish();
        self.add("seven.zip", inner);
        self.expect("seven.zip!seven", "failed", why);
        Ok(())
    }
}

/// A key as AWS gives it.
fn key(region: &str) -> String {
    format!(
        "AWSLogs/111122223333/CloudTrail/{region}/2026/03/05/111122223333_CloudTrail_{region}_20260305T0215Z_bundledbundledbu.json.gz"
    )
}
