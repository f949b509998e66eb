//! Joins the UI’s modules into a few scripts, so that a cold start over Wi-Fi takes a few requests. `main.js` has all
//! modules that it imports. Each dynamically imported module has a script with the modules that it needs beyond those.
//! Each worker has a script with all modules that it needs. Other scripts of the page are classic scripts, which aren’t
//! joined.
//!
//! Imports must not be circular, nothing may import `main.js`, a module of `main.js` may not also be imported
//! dynamically, and workers may not import dynamically. The rules for a single module are in [`module`](super::module).

use std::collections::{BTreeMap, BTreeSet};

use super::module::{Import, Module, Reference, RuleViolation, constant, without_comments};

/// The page’s script.
const MAIN: &str = "main.js";
/// The ending of workers’ scripts.
const WORKER: &str = "-worker.js";

/// The text of each module, by its path below the UI’s folder.
pub type Sources<'a> = BTreeMap<&'a str, &'a str>;

/// Joins the sources into the scripts that browsers request, by path. `page` is the HTML of the page.
pub fn join(page: &str, sources: &Sources<'_>) -> Result<BTreeMap<String, String>, RuleViolation> {
    let mut scripts = modules(sources)?;
    let named = page.split("src=\"/").skip(1);
    let named = named.filter_map(|rest| rest.split('"').next());
    for path in named.filter(|path| *path != MAIN) {
        if let Some(text) = sources.get(path) {
            // A classic script, which isn’t joined.
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
    let mut assignment: Assignment<'_> = graph
        .modules
        .iter()
        .map(|module| (module.path, MAIN))
        .collect();
    graph.add_dynamic_imports()?;
    if let Some(Reference { path, place }) = graph
        .dynamic_imports()
        .find(|later| assignment.contains_key(later.path.as_str()))
    {
        return Err(place.violation(format!("main.js has {path} anyway; import it at its top")));
    }
    assignment = graph.assign_scripts(&assignment);
    let paths: BTreeSet<_> = assignment.values().copied().collect();
    let script = |path: &str| (path.to_owned(), graph.script(path, &assignment));
    Ok(paths.into_iter().map(script).collect())
}

/// The script that each module is in.
type Assignment<'a> = BTreeMap<&'a str, &'a str>;

/// Modules, each after those that it imports.
struct Graph<'a> {
    sources: &'a Sources<'a>,
    modules: Vec<Module<'a>>,
    /// The modules being added, each imported by the one before it.
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

    /// Assigns the modules that aren’t in `main.js` to scripts. Each dynamically imported module has a script of its own,
    /// and so has each module that two scripts need, as none may run twice.
    fn assign_scripts(&self, main: &Assignment<'a>) -> Assignment<'a> {
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
            let mut assignment = main.clone();
            let mut conflicts = scripts
                .iter()
                .map(|script| self.assign(script, script, &scripts, &mut assignment));
            match conflicts.find_map(|conflict| conflict) {
                Some(conflict) => drop(scripts.insert(conflict)),
                None => return assignment,
            }
        }
    }

    /// Assigns a module, and all its imports that have no script of their own, to a script. Returns a module that is
    /// assigned to another script already, if there is one.
    fn assign(
        &self,
        path: &str,
        script: &'a str,
        scripts: &BTreeSet<&'a str>,
        assignment: &mut Assignment<'a>,
    ) -> Option<&'a str> {
        let module = self.find(path)?;
        match assignment.get(path) {
            None => drop(assignment.insert(module.path, script)),
            Some(assigned) if [MAIN, script].contains(assigned) => return None,
            Some(_) => return Some(module.path),
        }
        let mut imports = module
            .imports
            .iter()
            .map(|import| import.module.path.as_str());
        imports.find_map(|path| {
            let is_here = !scripts.contains(path);
            is_here.then(|| self.assign(path, script, scripts, assignment))?
        })
    }

    /// The text of a script: imports from other scripts, its modules, and exports for other scripts.
    fn script(&self, path: &str, assignment: &Assignment<'_>) -> String {
        let script_of = |module: &str| assignment.get(module).copied().unwrap_or_default();
        let (mut incoming, mut outgoing) = (BTreeSet::new(), BTreeSet::new());
        for module in &self.modules {
            for import in &module.imports {
                let imported = import.module.path.as_str();
                match (script_of(module.path), script_of(imported)) {
                    (to, from) if to == from => {}
                    (to, from) if to == path => drop(incoming.insert((from, constant(imported)))),
                    (_, from) if from == path => drop(outgoing.insert(constant(imported))),
                    _ => {}
                }
            }
        }
        let imports = incoming
            .into_iter()
            .map(|(from, name)| format!("import {{ {name} }} from '/{from}';\n"));
        let modules = self.modules.iter();
        let functions = modules
            .filter(|module| script_of(module.path) == path)
            .map(Module::function);
        let exports = outgoing
            .into_iter()
            .map(|name| format!("export {{ {name} }};\n"));
        // Under other names, so that none shadows a global.
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

    /// Checks that these modules are refused with this message.
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
