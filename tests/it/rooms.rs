//! The rooms of the house: the arrows between rings, wings and files point one way, and no files stand in a circle.
//! Read from the syntax tree of each source file, without its tests; [`auction`]'s own documentation draws the map.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use syn::visit::{self, Visit};

/// What each ring may use.
const RINGS: [(&str, &[&str]); 10] = [
    ("rules", &[]),
    ("files", &[]),
    ("gate", &[]),
    ("scheduler", &["files"]),
    ("store", &["files", "rules"]),
    ("house", &["files", "rules", "scheduler", "store"]),
    ("text", &["house", "rules", "store"]),
    ("notifications", &["house", "rules", "scheduler", "store", "text"]),
    ("web", &["gate", "house", "rules", "scheduler", "store", "text"]),
    ("cli", &["gate", "house", "notifications", "rules", "scheduler", "store", "text", "web"]),
];

#[test]
fn the_arrows_between_the_rings_point_down() {
    let mut wrong = Vec::new();
    for (file, used) in arrows() {
        let ring = file.split("::").next().unwrap_or_default().to_owned();
        let Some((_, below)) = RINGS.iter().find(|(name, _)| *name == ring) else {
            assert!(["lib", "main"].contains(&ring.as_str()), "{ring} is no ring");
            continue;
        };
        for target in used {
            let other = target.split("::").next().unwrap_or_default();
            if other != ring && !below.contains(&other) {
                wrong.push(format!("{file} uses {target}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A wing uses those named before it in the map of `src/lib.rs`. What stands beside the wings is below them all, but for the
/// house itself, which holds what they need.
#[test]
fn a_wing_uses_only_those_named_before_it() {
    let map = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let map = map.lines().skip_while(|line| !line.contains("The house has wings")).skip(1);
    let wings: Vec<String> =
        map.map_while(|line| line.strip_prefix("//! - `")?.split('`').next().map(str::to_owned)).collect();
    let rank = |file: &str| {
        let wing = file.strip_prefix("house::").and_then(|rest| rest.split("::").next())?;
        wings.iter().position(|name| name == wing)
    };
    for entry in fs::read_dir(root().join("src/house")).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        let is_wing = path.is_dir() && name != "settings";
        assert!(!is_wing || wings.iter().any(|wing| name == wing.as_str()), "{name:?} is not in the map");
    }
    let mut wrong = Vec::new();
    for (file, used) in arrows().into_iter().filter(|(file, _)| file.starts_with("house::")) {
        let from = rank(&file);
        let later = used.iter().filter(|target| rank(target) > from);
        wrong.extend(later.map(|target| format!("{file} uses {target}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whoever reads a file needs only those below it. A module that names its own parts is no circle.
#[test]
fn no_files_stand_in_a_circle() {
    let mut arrows = arrows();
    for (file, used) in &mut arrows {
        let own = format!("{file}::");
        used.retain(|target| !target.starts_with(&own));
    }
    let circle: Vec<String> =
        arrows.keys().filter(|file| reached(&arrows, file).contains(*file)).cloned().collect();
    assert!(circle.is_empty(), "they use each other, if by others: {circle:?}");
}

/// The files that `file` uses, and those that they use, and so on.
fn reached<'a>(arrows: &'a BTreeMap<String, BTreeSet<String>>, file: &str) -> BTreeSet<&'a String> {
    let mut found = BTreeSet::new();
    let mut ahead: Vec<&String> = arrows[file].iter().collect();
    while let Some(next) = ahead.pop() {
        if found.insert(next) {
            ahead.extend(&arrows[next]);
        }
    }
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of the program by its module's path, with the files that it uses.
fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let mut trees = BTreeMap::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let tree = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
                trees.insert(module(path.strip_prefix(root().join("src")).unwrap()), tree);
            }
        }
    }
    assert!(trees.len() > 100, "the search for files went blind");
    let tests = test_modules(&trees);
    trees.retain(|file, _| !tests.contains(file));
    let used = |(file, tree): (&String, &syn::File)| {
        let mut paths = Paths { file, found: BTreeSet::new() };
        paths.visit_file(tree);
        let files = paths.found.iter().filter_map(|path| longest(path, &trees));
        (file.clone(), files.filter(|target| target != file).collect())
    };
    trees.iter().map(used).collect()
}

fn module(path: &Path) -> String {
    let parts: Vec<&str> = path.iter().map(|part| part.to_str().unwrap()).collect();
    parts.join("::").trim_end_matches(".rs").trim_end_matches("::mod").to_owned()
}

/// Files that are built for tests alone.
fn test_modules(trees: &BTreeMap<String, syn::File>) -> BTreeSet<String> {
    let mut tests = BTreeSet::new();
    for (file, tree) in trees {
        for item in &tree.items {
            if let syn::Item::Mod(module) = item
                && is_test(&module.attrs)
            {
                tests.insert(format!("{file}::{}", module.ident));
            }
        }
    }
    tests
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|word| word.is_ident("test"))
    })
}

/// The file that a path leads into.
fn longest(path: &str, trees: &BTreeMap<String, syn::File>) -> Option<String> {
    let mut path = path;
    loop {
        if trees.contains_key(path) {
            return Some(path.to_owned());
        }
        path = path.rsplit_once("::")?.0;
    }
}

/// The paths that a file writes, from the top of the program.
struct Paths<'a> {
    file: &'a str,
    found: BTreeSet<String>,
}

impl Paths<'_> {
    fn note(&mut self, path: &[String]) {
        let first = path.first().map(String::as_str);
        let n_up = path.iter().take_while(|part| *part == "super").count();
        let from: Vec<&str> = match first {
            Some("crate") => Vec::new(),
            Some("super") => {
                let parts: Vec<&str> = self.file.split("::").collect();
                parts[..parts.len().saturating_sub(n_up)].to_vec()
            }
            Some("self") => self.file.split("::").collect(),
            _ => return,
        };
        let rest = path.iter().skip(n_up.max(1)).map(String::as_str);
        let path: Vec<&str> = from.into_iter().chain(rest).collect();
        self.found.insert(path.join("::"));
    }

    fn note_tree(&mut self, tree: &syn::UseTree, before: &[String]) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.note_tree(&path.tree, &with(&path.ident)),
            syn::UseTree::Name(name) if name.ident == "self" => self.note(before),
            syn::UseTree::Name(name) => self.note(&with(&name.ident)),
            syn::UseTree::Rename(name) => self.note(&with(&name.ident)),
            syn::UseTree::Glob(_) => self.note(before),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.note_tree(tree, before)),
        }
    }
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes = match item {
            syn::Item::Mod(item) => &item.attrs,
            syn::Item::Fn(item) => &item.attrs,
            syn::Item::Use(item) => &item.attrs,
            _ => return visit::visit_item(self, item),
        };
        if !is_test(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.note_tree(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|part| part.ident.to_string()).collect();
        self.note(&parts);
        visit::visit_path(self, path);
    }
}
