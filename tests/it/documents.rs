//! The documents: the front page stays short, links lead somewhere, and prose and strings have one kind
//! of apostrophe.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The files below a folder whose names end like this, apart from what tools put into hidden folders and the target
/// folder.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy();
        if path.is_dir() {
            if !name.starts_with('.') && name != "target" && name != "node_modules" {
                found.extend(files(&path, ending));
            }
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
    found
}

/// Every Markdown file of the repository.
fn documents() -> Vec<PathBuf> {
    files(Path::new(ROOT), ".md")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The lines that are not in a code block.
fn prose(page: &str) -> String {
    let mut in_code = false;
    let mut prose = String::new();
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    prose
}

/// Text without the spans between backticks.
fn without_code(text: &str) -> String {
    text.split('`').step_by(2).collect()
}

/// Where the links and pictures of a page lead.
fn links(page: &str) -> Vec<String> {
    let text = without_code(&prose(page));
    let targets = |start: &str, end: char| -> Vec<String> {
        let rests = text.split(start).skip(1);
        let targets = rests.filter_map(|rest| rest.split_once(end));
        targets.map(|(target, _)| target.to_owned()).collect()
    };
    [
        targets("](", ')'),
        targets("src=\"", '"'),
        targets("href=\"", '"'),
    ]
    .concat()
}

/// What GitHub and other forges call a page's headings in links.
fn anchors(page: &str) -> BTreeSet<String> {
    let prose = prose(page);
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let text = heading.trim_start_matches('#').trim().to_lowercase();
        let text = text.replace(' ', "-");
        let is_kept = |letter: &char| letter.is_alphanumeric() || "-_".contains(*letter);
        text.chars().filter(is_kept).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn the_front_page_is_short() {
    let lines = read(&Path::new(ROOT).join("README.md")).lines().count();
    assert!(lines <= 120, "README.md has {lines} lines");
}

#[test]
fn every_link_within_the_repository_leads_somewhere() {
    let mut count = 0;
    for path in documents() {
        let links = links(&read(&path));
        let within = links.iter().filter(|link| !link.contains("://"));
        for link in within {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() {
                path.clone()
            } else {
                path.with_file_name(file)
            };
            assert!(target.exists(), "{}: {link}", path.display());
            let is_there = anchor.is_empty() || anchors(&read(&target)).contains(anchor);
            assert!(is_there, "{}: no heading for {link}", path.display());
            count += 1;
        }
    }
    assert!(count > 20, "the documents have {count} links");
}

#[test]
fn every_flag_and_variable_of_the_server_is_documented() {
    let binary = env!("CARGO_BIN_EXE_tincan");
    let help = Command::new(binary).args(["serve", "--help"]).output();
    let help = String::from_utf8(help.expect("the help").stdout).expect("text");
    let page = read(&Path::new(ROOT).join("docs/operate.md"));
    let table = page.lines().filter(|line| line.starts_with("| `--"));
    let documented: BTreeSet<_> = table
        .flat_map(|row| row.split(['`', ' ']))
        .filter(|word| word.starts_with("--") || word.starts_with("TINCAN_"))
        .collect();
    let words = help.split_whitespace().filter_map(|word| {
        let is_flag = word.starts_with("--") && word != "--help" && word != "--version";
        let variable = word.find("TINCAN_").map(|start| &word[start..]);
        is_flag.then_some(word).or(variable)
    });
    let words: BTreeSet<_> = words
        .map(|word| word.trim_end_matches(|letter| "=],.;".contains(letter)))
        .collect();
    assert!(words.len() > 30, "the help has {words:?}");
    let missing: Vec<_> = words.difference(&documented).collect();
    assert!(missing.is_empty(), "docs/operate.md lacks {missing:?}");
}

#[test]
fn prose_has_one_kind_of_apostrophe() {
    for path in documents() {
        for line in prose(&read(&path)).lines() {
            let is_right = !without_code(line).contains('\'');
            assert!(is_right, "{}: {line}", path.display());
        }
    }
}

/// The first token of Rust code: its length, and the text where it is a string literal. Byte strings are not text.
fn first_token(code: &str) -> (usize, Option<&str>) {
    let up_to = |end: &str, from: usize| {
        let found = code[from..].find(end);
        found.map_or(code.len(), |index| from + index + end.len())
    };
    let quoted = |quote: usize| {
        let mut is_escaped = false;
        let end = code[quote + 1..].find(|letter| {
            let is_end = letter == '"' && !is_escaped;
            is_escaped = letter == '\\' && !is_escaped;
            is_end
        });
        let end = quote + 1 + end.expect("an end of the string");
        (end + 1, Some(&code[quote + 1..end]))
    };
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let word = code
        .split(|letter| !is_word(letter))
        .next()
        .expect("a part");
    let (behind, hashes) = {
        let behind = &code[word.len()..];
        let without = behind.trim_start_matches('#');
        (without, behind.len() - without.len())
    };
    match word {
        "r" | "br" if behind.starts_with('"') => {
            let start = word.len() + hashes + 1;
            let end = up_to(&format!("\"{}", "#".repeat(hashes)), start);
            let text = &code[start..end - 1 - hashes];
            (end, (word == "r").then_some(text))
        }
        "b" if code.starts_with("b\"") => (quoted(1).0, None),
        "" if code.starts_with("//") => (up_to("\n", 0), None),
        "" if code.starts_with("/*") => (up_to("*/", 0), None),
        "" if code.starts_with('"') => quoted(0),
        "" if code.starts_with("'\\") => (up_to("'", 3), None),
        "" => {
            let mut letters = code.chars();
            let first = letters.next().expect("a character");
            let second = letters.next().map_or(0, char::len_utf8);
            let is_char = first == '\'' && letters.next() == Some('\'');
            (
                if is_char {
                    second + 2
                } else {
                    first.len_utf8()
                },
                None,
            )
        }
        word => (word.len(), None),
    }
}

#[test]
fn strings_have_one_kind_of_apostrophe() {
    let mut count = 0;
    for path in files(&Path::new(ROOT).join("src"), ".rs") {
        let source = read(&path);
        let mut code = source.as_str();
        while !code.is_empty() {
            let (length, literal) = first_token(code);
            if let Some(literal) = literal {
                let mut apostrophes = literal.match_indices('\'');
                let is_within_a_word = |index: usize| {
                    literal[..index]
                        .ends_with(|letter: char| letter.is_alphabetic() || letter == '}')
                        && literal[index + 1..].starts_with(char::is_alphabetic)
                };
                let is_right = !apostrophes.any(|(index, _)| is_within_a_word(index));
                assert!(is_right, "{}: {literal}", path.display());
                count += 1;
            }
            code = &code[length..];
        }
    }
    assert!(count > 2_000, "the sources have {count} strings");
}
