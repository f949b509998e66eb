//! Rewrites a module of the UI so that several modules can be joined in one script.
//!
//! This doesn’t parse JavaScript. Instead modules follow a few rules, checked line by line, and an error names the file
//! and line that breaks one:
//! - Imports come before all other code, one on a line: `import { a, b as c } from './x.js';` or
//!   `import './x.js';`.
//! - `export` is written in front of the declaration, which is a `class`, a `const` or any kind of `function`.
//! - A dynamic import is written `import('./x.js')`.
//! - A comment of several lines begins on a line of its own, and a string or template literal ends on its line.
//! - No top-level `await`, and no `import.meta`.
//!
//! A module becomes a function that is called once and returns the exports, so that names of different modules don’t
//! clash:
//! ```js
//! const $views$list = (() => {
//! const { el } = $base$dom;
//! class List { … }
//! return { List };
//! })();
//! ```

use std::iter;

/// The rule that a file breaks, and where.
#[derive(Debug, thiserror::Error)]
#[error("ui/{file}:{line}: {reason}")]
pub struct RuleViolation {
    file: String,
    line: usize,
    reason: String,
}

/// A line of a file. Lines are counted from 1.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    file: &'a str,
    line: usize,
}

impl Place<'_> {
    pub fn violation(self, reason: impl Into<String>) -> RuleViolation {
        RuleViolation {
            file: self.file.to_owned(),
            line: self.line,
            reason: reason.into(),
        }
    }
}

/// A mention of a module in a file.
#[derive(Clone)]
pub struct Reference<'a> {
    pub path: String,
    pub place: Place<'a>,
}

impl<'a> Reference<'a> {
    /// A module that no file mentions, but that browsers load: the page’s script, or a worker.
    pub fn root(file: &'a str) -> Self {
        Self {
            path: file.to_owned(),
            place: Place { file, line: 0 },
        }
    }
}

/// A parsed module.
pub struct Module<'a> {
    pub path: &'a str,
    /// The body of its function: imports are destructured from constants, and `export` is removed.
    code: String,
    pub imports: Vec<Import<'a>>,
    /// The modules that it imports dynamically.
    pub dynamic_imports: Vec<Reference<'a>>,
    pub exports: Vec<String>,
}

/// An import declaration.
pub struct Import<'a> {
    pub module: Reference<'a>,
    pub names: Vec<String>,
}

impl<'a> Module<'a> {
    /// Parses a module.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn parse(path: &'a str, source: &'a str) -> Result<Self, RuleViolation> {
        let mut module = Self {
            path,
            code: String::with_capacity(source.len()),
            imports: Vec::new(),
            dynamic_imports: Vec::new(),
            exports: Vec::new(),
        };
        let mut has_begun = false;
        for line in code_lines(path, source) {
            let (place, line) = line?;
            let word = first_name(line.trim_start());
            if word == "import" && !line.trim_start().starts_with("import(") {
                if has_begun {
                    return Err(place.violation("imports come before all other code"));
                }
                module.add_import(place, line)?;
                continue;
            }
            has_begun = true;
            if word == "export" {
                module.add_export(place, line)?;
            } else {
                module.add_line(place, line)?;
            }
        }
        Ok(module)
    }

    fn add_import(&mut self, place: Place<'a>, line: &str) -> Result<(), RuleViolation> {
        let form = "an import looks like this: import { a, b as c } from './x.js';";
        let (names, specifier) = imported(line).ok_or_else(|| place.violation(form))?;
        let path = resolve(place, specifier)?;
        if !names.is_empty() {
            let pairs = names.iter().map(|&(there, here)| {
                if there == here {
                    here.to_owned()
                } else {
                    format!("{there}: {here}")
                }
            });
            let pairs = pairs.collect::<Vec<_>>().join(", ");
            let module = constant(&path);
            self.code += &["const { ", &pairs, " } = ", &module, ";\n"].concat();
        }
        self.imports.push(Import {
            module: Reference { path, place },
            names: names.iter().map(|(there, _)| (*there).to_owned()).collect(),
        });
        Ok(())
    }

    fn add_export(&mut self, place: Place<'a>, line: &str) -> Result<(), RuleViolation> {
        let declaration = line.strip_prefix("export ").unwrap_or_default();
        let function = declaration.strip_prefix("async ").unwrap_or(declaration);
        let named = ["function ", "function* "]
            .iter()
            .find_map(|kind| function.strip_prefix(kind))
            .or_else(|| declaration.strip_prefix("class "))
            .or_else(|| declaration.strip_prefix("const "));
        let name = first_name(named.unwrap_or_default());
        if name.is_empty() {
            let reason = "an export is a class, function or const of that name";
            return Err(place.violation(reason));
        }
        self.exports.push(name.to_owned());
        self.add_line(place, declaration)
    }

    fn add_line(&mut self, place: Place<'a>, line: &str) -> Result<(), RuleViolation> {
        let is_outermost = !line.starts_with(char::is_whitespace);
        if is_outermost && line.contains("await ") && !line.contains("async ") {
            return Err(place.violation("a joined module can’t wait while it loads"));
        }
        if line.contains("import") {
            self.add_dynamic_imports(place, line.trim())?;
        } else {
            self.code += line.trim();
        }
        self.code.push('\n');
        Ok(())
    }

    fn add_dynamic_imports(&mut self, place: Place<'a>, line: &str) -> Result<(), RuleViolation> {
        if line.contains("import.meta") {
            return Err(place.violation("a joined module has no address of its own"));
        }
        let mut parts = line.split("import(");
        self.code += parts.next().unwrap_or_default();
        for part in parts {
            let named = part
                .strip_prefix('\'')
                .and_then(|part| part.split_once("')"));
            let form = "a module is loaded later like this: import('./x.js')";
            let (specifier, rest) = named.ok_or_else(|| place.violation(form))?;
            let path = resolve(place, specifier)?;
            self.code += &["import('/", &path, "')", rest].concat();
            self.dynamic_imports.push(Reference { path, place });
        }
        Ok(())
    }

    /// The module as a constant: a function that is called at once and returns the exports.
    pub fn function(&self) -> String {
        let (module, code) = (constant(self.path), &self.code);
        let exports = match self.exports.join(", ") {
            none if none.is_empty() => none,
            exports => format!("return {{ {exports} }};\n"),
        };
        format!("const {module} = (() => {{\n{code}{exports}}})();\n")
    }
}

/// The name of a module’s constant. It is unique for all paths that [`resolve`] returns.
pub fn constant(path: &str) -> String {
    let name = path.strip_suffix(".js").unwrap_or(path);
    format!("${}", name.replace('/', "$").replace('-', "_"))
}

/// Parses an import declaration: pairs of the exported and the local name, and the specifier.
fn imported(line: &str) -> Option<(Vec<(&str, &str)>, &str)> {
    let import = line.strip_prefix("import ")?.strip_suffix("';")?;
    if let Some(specifier) = import.strip_prefix('\'') {
        return Some((Vec::new(), specifier));
    }
    let (names, specifier) = import.strip_prefix("{ ")?.split_once(" } from '")?;
    let names = names.split(", ").map(|name| {
        let (there, here) = name.split_once(" as ").unwrap_or((name, name));
        let are_names = [there, here]
            .iter()
            .all(|name| !name.is_empty() && first_name(name) == *name);
        are_names.then_some((there, here))
    });
    Some((names.collect::<Option<_>>()?, specifier))
}

/// The identifier at the start of a text, which may be empty.
fn first_name(text: &str) -> &str {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    text.split(|c| !is_part(c)).next().unwrap_or_default()
}

/// The path of a module, from its specifier in another.
fn resolve(place: Place<'_>, specifier: &str) -> Result<String, RuleViolation> {
    let (folder, _) = place.file.rsplit_once('/').unwrap_or_default();
    let mut path: Vec<_> = folder.split_terminator('/').collect();
    let mut is_inside = specifier.starts_with("./") || specifier.starts_with("../");
    for part in specifier.split('/') {
        match part {
            "." => {}
            ".." => is_inside &= path.pop().is_some(),
            _ => path.push(part),
        }
    }
    let path = path.join("/");
    let name = path.strip_suffix(".js").unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '/';
    if is_inside && !name.is_empty() && name.chars().all(is_plain) {
        return Ok(path);
    }
    let reason = format!("'{specifier}' isn’t a relative path of a-z, 0-9 and - that ends in .js");
    Err(place.violation(reason))
}

/// The text without comment lines, blank lines and indentation. It must follow the rules for comments.
pub fn without_comments(file: &str, text: &str) -> Result<String, RuleViolation> {
    let mut code = String::with_capacity(text.len());
    for line in code_lines(file, text) {
        code += line?.1.trim();
        code.push('\n');
    }
    Ok(code)
}

/// The lines that are neither blank nor comments, with their places.
fn code_lines<'a>(
    file: &'a str,
    text: &'a str,
) -> impl Iterator<Item = Result<(Place<'a>, &'a str), RuleViolation>> {
    let mut lines = (1..).zip(text.lines());
    let mut in_comment = false;
    iter::from_fn(move || {
        for (line, text) in lines.by_ref() {
            let code = after_comment(text, &mut in_comment);
            if code.trim().is_empty() || code.trim_start().starts_with("//") {
                continue;
            }
            let place = Place { file, line };
            let checked = check_end(code).map_err(|reason| place.violation(reason));
            return Some(checked.map(|()| (place, code)));
        }
        None
    })
}

/// The part of a line after a comment that begins the line, or that continues from the line before.
fn after_comment<'a>(line: &'a str, in_comment: &mut bool) -> &'a str {
    let comment = match line.trim_start().strip_prefix("/*") {
        _ if *in_comment => line,
        Some(comment) => comment,
        None => return line,
    };
    let end = comment.split_once("*/");
    *in_comment = end.is_none();
    end.map_or("", |(_, behind)| behind)
}

/// Refuses a line that leaves a comment or a literal open, after which a line that looks like a comment may not be one.
fn check_end(line: &str) -> Result<(), &'static str> {
    // Checked first because it is cheap, and this runs for every line.
    let comment = line.contains(" /*").then(|| line.rsplit_once(" /*"));
    if comment
        .flatten()
        .is_some_and(|(_, comment)| !comment.contains("*/"))
    {
        return Err("a comment of several lines begins on a line of its own");
    }
    if line.matches('`').count() % 2 == 1 || line.ends_with('\\') {
        return Err("a string or template literal ends on its line");
    }
    Ok(())
}

#[cfg(test)]
#[allow(
    clippy::expect_used,
    reason = "a test that meets the unexpected has failed"
)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(source: &str, words: &str) {
        match Module::parse("part/a.js", source) {
            Ok(module) => panic!("taken: {}", module.code),
            Err(refusal) => assert_eq!(refusal.to_string(), format!("ui/part/a.js:{words}")),
        }
    }

    #[test]
    fn it_becomes_a_function_that_gives_back_what_it_exports() {
        let source = "// Why.\n\nimport './x.js';\nimport { a, b as c } from '../some/y-1.js';\n\n\
            /** @param {string} d */\nexport function one(d) {\n  return c(d); // so\n}\n\
            export async function* two() {}\nexport class Three {}\nexport const FOUR = a;\n\
            const later = () => import('./z.js');\n";
        let expected = "const $part$a = (() => {\nconst { a, b: c } = $some$y_1;\n\
            function one(d) {\nreturn c(d); // so\n}\nasync function* two() {}\nclass Three {}\n\
            const FOUR = a;\nconst later = () => import('/part/z.js');\n\
            return { one, two, Three, FOUR };\n})();\n";
        let module = Module::parse("part/a.js", source).expect("a module");
        assert_eq!(module.function(), expected);
    }

    #[test]
    fn comments_on_lines_of_their_own_are_left_out_and_others_stay() {
        let text = "// one\n/* two */\n/** three */ code(); // stays\n\n  /*\n   * four\n */\n\
            /* // */ more(/** @type {x} */ (y));\n  '// in a literal';\n/** five\n six */ // seven\n/**/ end();\n";
        let expected =
            "code(); // stays\nmore(/** @type {x} */ (y));\n'// in a literal';\nend();\n";
        assert_eq!(without_comments("a.css", text).expect("a text"), expected);
    }

    #[test]
    fn an_import_of_another_form_is_refused() {
        let form = "an import looks like this: import { a, b as c } from './x.js';";
        for line in [
            "import x from './x.js';",
            "import * as x from './x.js';",
            "import { x } from \"./x.js\";",
            "import {x} from './x.js';",
            "import { x, } from './x.js';",
            "import { default as } from './x.js';",
            "import {",
            "import './x.js'; // why",
            "  import './x.js';",
            "import'./x.js';",
        ] {
            refused(&format!("// x\n{line}\n"), &format!("2: {form}"));
        }
        refused(
            "x();\nimport './x.js';",
            "2: imports come before all other code",
        );
    }

    #[test]
    fn an_address_of_another_form_is_refused() {
        for specifier in [
            "x.js",
            "/x.js",
            "https://x/x.js",
            "./x",
            "./X.js",
            "./x.y.js",
            "../../x.js",
        ] {
            let reason = format!(
                "1: '{specifier}' isn’t a relative path of a-z, 0-9 and - that ends in .js"
            );
            refused(&format!("import '{specifier}';"), &reason);
            refused(&format!("  import('{specifier}');"), &reason);
        }
        let form = "1: a module is loaded later like this: import('./x.js')";
        refused("import(x);", form);
        refused("x(import(\"./x.js\"));", form);
    }

    #[test]
    fn an_export_of_another_form_is_refused() {
        for line in [
            "export default x;",
            "export let x;",
            "export * from './x.js';",
            "export { x };",
            "export const { x } = y;",
            "export async class x {}",
            "  export const x = 1;",
        ] {
            refused(
                line,
                "1: an export is a class, function or const of that name",
            );
        }
    }

    #[test]
    fn what_would_mean_something_else_in_a_function_or_without_comments_is_refused() {
        for (line, reason) in [
            ("x(`", "a string or template literal ends on its line"),
            ("x('\\", "a string or template literal ends on its line"),
            (
                "x(); /* why\n",
                "a comment of several lines begins on a line of its own",
            ),
            (
                "new URL(import.meta.url);",
                "a joined module has no address of its own",
            ),
            (
                "const x = await y();",
                "a joined module can’t wait while it loads",
            ),
        ] {
            refused(line, &format!("1: {reason}"));
        }
        assert!(without_comments("a.css", "a {} /*\n").is_err());
    }
}
