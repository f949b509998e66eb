//! Joins the UI's modules, so that a cold start over Wi-Fi is a few requests: `main.js` with
//! everything that it imports, each module that is loaded later with what it adds to that, and each
//! worker with everything of its own. What else the page names is a classic script, and stays one.
//!
//! Imports don't go round in a circle, nothing imports `main.js`, nothing in that is loaded later as
//! well, and workers load nothing later. What a single module has to keep stands in [`module`](super::module).

use std::collections::{BTreeMap, BTreeSet};

use super::module::{Import, Module, Reference, RuleViolation, constant, without_comments};

/// The page's script.
const MAIN: &str = "main.js";
/// How the names of workers' scripts end.
const WORKER: &str = "-worker.js";

/// Modules by their paths below the UI's folder.
pub type Sources<'a> = BTreeMap<&'a str, &'a str>;

/// The scripts that browsers ask for, by their paths, made of these files. `page` is the page, as
/// HTML.
pub fn join(page: &str, sources: &Sources<'_>) -> Result<BTreeMap<String, String>, RuleViolation> {
    let mut scripts = modules(sources)?;
    let named = page.split("src=\"/").skip(1);
    let named = named.filter_map(|rest| rest.split('"').next());
    for path in named.filter(|path| *path != MAIN) {
        if let Some(text) = sources.get(path) {
            // No module, and so it needs no joining.
            scripts.insert(path.to_owned(), without_comments(path, text)?);
        }
    }
    for path in sources.keys().filter(|path| path.ends_with(WORKER)) {
        scripts.insert((*path).to_owned(), worker(path, sources)?);
    }
    Ok(scripts)
}

fn worker(path: &str, sources: &Sources<'_>) -> Result<String, RuleViolation> {
    let mut graph = Graph::new(sources);
    graph.add(&Reference::root(path))?;
    match graph.dynamic_imports().next() {
        Some(later) => Err(later.place.violation("a worker doesn’t load modules later")),
        None => Ok(graph.modules.iter().map(Module::function).collect()),
    }
}

fn modules(sources: &Sources<'_>) -> Result<BTreeMap<String, String>, RuleViolation> {
    let mut graph = Graph::new(sources);
    graph.add(&Reference::root(MAIN))?;
    let mut holders: Holders<'_> = graph
        .modules
        .iter()
        .map(|module| (module.path, MAIN))
        .collect();
    graph.add_dynamic_imports()?;
    if let Some(Reference { path, place }) = graph
        .dynamic_imports()
        .find(|later| holders.contains_key(later.path.as_str()))
    {
        return Err(place.violation(format!("main.js has {path} anyway; import it at its top")));
    }
    holders = graph.assign_scripts(&holders);
    let paths: BTreeSet<_> = holders.values().copied().collect();
    let script = |path: &str| (path.to_owned(), graph.script(path, &holders));
    Ok(paths.into_iter().map(script).collect())
}

/// For each module of the page the script that holds it.
type Holders<'a> = BTreeMap<&'a str, &'a str>;

/// Modules, each behind those that it imports.
struct Graph<'a> {
    sources: &'a Sources<'a>,
    modules: Vec<Module<'a>>,
    /// Those that are being looked at, each imported by the one before.
    open: Vec<&'a str>,
}

impl<'a> Graph<'a> {
    fn new(sources: &'a Sources<'a>) -> Self {
        Self {
            sources,
            modules: Vec::new(),
            open: Vec::new(),
        }
    }

    /// Adds a module and everything that it imports.
    fn add(&mut self, Reference { path, place }: &Reference<'_>) -> Result<(), RuleViolation> {
        if self.find(path).is_some() {
            return Ok(());
        }
        let Some((file, source)) = self.sources.get_key_value(path.as_str()) else {
            return Err(place.violation(format!("there is no {path}")));
        };
        if self.open.contains(file) {
            return Err(place.violation(format!("imports go round in a circle, by {path}")));
        }
        let module = Module::parse(file, source)?;
        self.open.push(file);
        for import in &module.imports {
            self.add(&import.module)?;
            self.check(import)?;
        }
        self.open.pop();
        self.modules.push(module);
        Ok(())
    }

    fn add_dynamic_imports(&mut self) -> Result<(), RuleViolation> {
        let mut seen = 0;
        while let Some(module) = self.modules.get(seen) {
            for later in module.dynamic_imports.clone() {
                self.add(&later)?;
            }
            seen += 1;
        }
        Ok(())
    }

    fn check(&self, Import { module, names }: &Import<'_>) -> Result<(), RuleViolation> {
        let Reference { path, place } = module;
        if path == MAIN {
            return Err(place.violation("main.js comes first, and nothing imports it"));
        }
        let exports = self.find(path).map_or(&[][..], |module| &module.exports);
        match names.iter().find(|name| !exports.contains(name)) {
            Some(name) => Err(place.violation(format!("{path} doesn’t export {name}"))),
            None => Ok(()),
        }
    }

    fn find(&self, path: &str) -> Option<&Module<'a>> {
        self.modules.iter().find(|module| module.path == path)
    }

    fn dynamic_imports(&self) -> impl Iterator<Item = &Reference<'a>> {
        self.modules
            .iter()
            .flat_map(|module| &module.dynamic_imports)
    }

    /// Spreads over scripts what `main.js` doesn't hold. Each module that is loaded later has a
    /// script, and so has each that two scripts would hold otherwise: none may run twice.
    fn assign_scripts(&self, main: &Holders<'a>) -> Holders<'a> {
        let is_script = |module: &&Module<'_>| {
            self.dynamic_imports()
                .any(|later| later.path == module.path)
        };
        let mut scripts: BTreeSet<_> = self
            .modules
            .iter()
            .filter(is_script)
            .map(|module| module.path)
            .collect();
        loop {
            let mut holders = main.clone();
            let mut claims = scripts
                .iter()
                .map(|script| self.claim(script, script, &scripts, &mut holders));
            match claims.find_map(|contested| contested) {
                Some(contested) => drop(scripts.insert(contested)),
                None => return holders,
            }
        }
    }

    /// Makes a script hold a module and all that this imports from no other script; gives back one
    /// that another holds already.
    fn claim(
        &self,
        path: &str,
        script: &'a str,
        scripts: &BTreeSet<&'a str>,
        holders: &mut Holders<'a>,
    ) -> Option<&'a str> {
        let module = self.find(path)?;
        match holders.get(path) {
            None => drop(holders.insert(module.path, script)),
            Some(holder) if [MAIN, script].contains(holder) => return None,
            Some(_) => return Some(module.path),
        }
        let mut imports = module
            .imports
            .iter()
            .map(|import| import.module.path.as_str());
        imports.find_map(|path| {
            let is_here = !scripts.contains(path);
            is_here.then(|| self.claim(path, script, scripts, holders))?
        })
    }

    /// The script at `path`: what it holds, between what it has from others and what others have
    /// from it.
    fn script(&self, path: &str, holders: &Holders<'_>) -> String {
        let holder = |module: &str| holders.get(module).copied().unwrap_or_default();
        let (mut borrowed, mut lent) = (BTreeSet::new(), BTreeSet::new());
        for module in &self.modules {
            for import in &module.imports {
                let imported = import.module.path.as_str();
                match (holder(module.path), holder(imported)) {
                    (to, from) if to == from => {}
                    (to, from) if to == path => drop(borrowed.insert((from, constant(imported)))),
                    (_, from) if from == path => drop(lent.insert(constant(imported))),
                    _ => {}
                }
            }
        }
        let imports = borrowed
            .into_iter()
            .map(|(from, name)| format!("import {{ {name} }} from '/{from}';\n"));
        let modules = self.modules.iter();
        let functions = modules
            .filter(|module| holder(module.path) == path)
            .map(Module::function);
        let exports = lent
            .into_iter()
            .map(|name| format!("export {{ {name} }};\n"));
        // Behind names of their own, so that none hides one that is known everywhere.
        let names = self.find(path).map_or(&[][..], |module| &module.exports);
        let names = names.iter().map(|name| {
            let module = constant(path);
            format!("const {{ {name}: {name}$ }} = {module};\nexport {{ {name}$ as {name} }};\n")
        });
        imports
            .chain(functions)
            .chain(exports)
            .chain(names)
            .collect()
    }
}

#[cfg(test)]
#[allow(
    clippy::expect_used,
    reason = "a test that meets the unexpected has failed"
)]
mod tests {
    use super::*;

    fn joined(modules: &[(&str, &str)]) -> Result<BTreeMap<String, String>, RuleViolation> {
        let mut sources = Sources::from([(MAIN, "")]);
        sources.extend(modules.iter().copied());
        join(
            "<script src=\"/main.js\"><script src=\"/early.js\">",
            &sources,
        )
    }

    /// Checks that these modules are refused, in these words.
    #[track_caller]
    fn refused(modules: &[(&str, &str)], words: &str) {
        match joined(modules) {
            Ok(scripts) => panic!("joined: {scripts:?}"),
            Err(refusal) => assert_eq!(refusal.to_string(), words),
        }
    }

    #[test]
    fn a_module_is_a_function_behind_those_that_it_imports() {
        let scripts = joined(&[
            (
                MAIN,
                "import { a, b as c } from './part/one-more.js';\na(c);\n",
            ),
            (
                "part/one-more.js",
                "import '../two.js';\nimport { x } from '../two.js';\n\
                 export class a {}\nexport async function* b() {}\n",
            ),
            ("two.js", "export const x = 1;\nexport function y() {}\n"),
            ("unused.js", "export {};\n"),
        ]);
        let expected = "const $two = (() => {\nconst x = 1;\nfunction y() {}\nreturn { x, y };\n})();\n\
            const $part$one_more = (() => {\nconst { x } = $two;\nclass a {}\nasync function* b() {}\n\
            return { a, b };\n})();\n\
            const $main = (() => {\nconst { a, b: c } = $part$one_more;\na(c);\n})();\n";
        let expected = BTreeMap::from([(MAIN.to_owned(), expected.to_owned())]);
        assert_eq!(scripts.expect("scripts"), expected);
    }

    #[test]
    fn a_module_that_is_loaded_later_has_what_main_has_from_there() {
        let scripts = joined(&[
            (
                MAIN,
                "import { a } from './a.js';\nconst later = () => import('./view/v.js');\n",
            ),
            ("a.js", "import './b.js';\nexport const a = 1;\n"),
            ("b.js", "export const b = 1;\n"),
            (
                "view/v.js",
                "import { b } from '../b.js';\nimport { c } from './c.js';\nexport class V {}\n\
                 (await_(import('./w.js')), import('./w.js'));\n",
            ),
            ("view/c.js", "export const c = 1;\n"),
            ("view/w.js", "work();\n"),
        ]);
        let scripts = scripts.expect("scripts");
        let paths: Vec<_> = scripts.keys().collect();
        assert_eq!(paths, [MAIN, "view/v.js", "view/w.js"]);
        assert!(scripts[MAIN].contains("const later = () => import('/view/v.js');\n"));
        assert!(scripts[MAIN].ends_with("})();\nexport { $b };\n"));
        let expected = "import { $b } from '/main.js';\n\
            const $view$c = (() => {\nconst c = 1;\nreturn { c };\n})();\n\
            const $view$v = (() => {\nconst { b } = $b;\nconst { c } = $view$c;\nclass V {}\n\
            (await_(import('/view/w.js')), import('/view/w.js'));\nreturn { V };\n})();\n\
            const { V: V$ } = $view$v;\nexport { V$ as V };\n";
        assert_eq!(scripts["view/v.js"], expected);
        assert_eq!(
            scripts["view/w.js"],
            "const $view$w = (() => {\nwork();\n})();\n"
        );
    }

    #[test]
    fn what_is_loaded_later_on_two_ways_has_a_script_of_its_own() {
        let scripts = joined(&[
            (MAIN, "import('./b.js');\nimport('./c.js');\n"),
            (
                "b.js",
                "import { a } from './a.js';\nimport { c } from './c.js';\n",
            ),
            ("c.js", "import { a } from './a.js';\nexport const c = a;\n"),
            ("a.js", "import { d } from './d.js';\nexport const a = d;\n"),
            ("d.js", "export const d = 1;\n"),
        ]);
        let scripts = scripts.expect("scripts");
        let paths: Vec<_> = scripts.keys().collect();
        assert_eq!(paths, ["a.js", "b.js", "c.js", MAIN]);
        let b = "import { $a } from '/a.js';\nimport { $c } from '/c.js';\n\
            const $b = (() => {\nconst { a } = $a;\nconst { c } = $c;\n})();\n";
        assert_eq!(scripts["b.js"], b);
        let c = "import { $a } from '/a.js';\n\
            const $c = (() => {\nconst { a } = $a;\nconst c = a;\nreturn { c };\n})();\n\
            export { $c };\nconst { c: c$ } = $c;\nexport { c$ as c };\n";
        assert_eq!(scripts["c.js"], c);
        assert!(
            scripts["a.js"].starts_with("const $d = "),
            "{}",
            scripts["a.js"]
        );
        assert!(
            scripts["a.js"].contains("\nexport { $a };\n"),
            "{}",
            scripts["a.js"]
        );
    }

    #[test]
    fn a_worker_has_everything_of_its_own() {
        let scripts = joined(&[
            (MAIN, "import { a } from './a.js';\n"),
            (
                "part/some-worker.js",
                "import { a } from '../a.js';\na();\n",
            ),
            ("a.js", "export function a() {}\n"),
        ]);
        let expected = "const $a = (() => {\nfunction a() {}\nreturn { a };\n})();\n\
            const $part$some_worker = (() => {\nconst { a } = $a;\na();\n})();\n";
        assert_eq!(scripts.expect("scripts")["part/some-worker.js"], expected);
    }

    #[test]
    fn what_else_the_page_names_stays_as_it_is() {
        let scripts = joined(&[("early.js", "// now\n{\n  begin();\n}\n")]);
        assert_eq!(scripts.expect("scripts")["early.js"], "{\nbegin();\n}\n");
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let a = ("a.js", "export const a = 1;\n");
        refused(
            &[(MAIN, "import { b } from './a.js';"), a],
            "ui/main.js:1: a.js doesn’t export b",
        );
        refused(
            &[(MAIN, "import './x.js';")],
            "ui/main.js:1: there is no x.js",
        );
        refused(
            &[(MAIN, "import('./x.js');")],
            "ui/main.js:1: there is no x.js",
        );
        refused(
            &[
                (MAIN, "import './b.js';"),
                ("b.js", "import './c.js';"),
                ("c.js", "import './b.js';"),
            ],
            "ui/c.js:1: imports go round in a circle, by b.js",
        );
        refused(
            &[("a-worker.js", "import './main.js';")],
            "ui/a-worker.js:1: main.js comes first, and nothing imports it",
        );
        refused(
            &[(MAIN, "import './a.js';\nimport('./a.js');"), a],
            "ui/main.js:2: main.js has a.js anyway; import it at its top",
        );
        refused(
            &[("a-worker.js", "import('./a.js');"), a],
            "ui/a-worker.js:1: a worker doesn’t load modules later",
        );
    }
}
