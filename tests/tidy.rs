//! The shape of the source: which layer may know which, and how long a file may grow.

use std::fs;
use std::path::{Path, PathBuf};

/// The layers from the bottom up, each with those that it may import.
const LAYERS: &[(&str, &[&str])] = &[
    ("node", &[]),
    ("kernel", &["node"]),
    ("protocols", &["node"]),
    ("trace", &["node"]),
    ("check", &["trace", "node"]),
    ("scenario", &["check", "trace", "protocols", "kernel", "node"]),
    ("explore", &["scenario", "check", "trace", "kernel", "node"]),
    ("course", &["explore", "scenario", "check", "trace", "kernel", "node"]),
    ("tui", &["explore", "scenario", "check", "trace", "kernel", "node"]),
    ("cli", &["tui", "course", "explore", "scenario", "check", "trace", "kernel", "node"]),
];

/// No file of the source is longer: it would not be read in one sitting.
const MAX_LINES: usize = 700;

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Whether a file holds tests, which may look at every layer.
fn is_test(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

#[test]
fn imports_point_downwards() {
    let mut wrong = Vec::new();
    for (layer, allowed) in LAYERS {
        for file in sources(&root().join(layer)).into_iter().filter(|file| !is_test(file)) {
            let text = fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            for (number, line) in code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
                for (other, _) in LAYERS.iter().filter(|(other, _)| other != layer && !allowed.contains(other)) {
                    if line.contains(&format!("crate::{other}::")) || line.contains(&format!("pessimist::{other}::"))
                    {
                        wrong.push(format!("{}:{}: {layer} may not know {other}", file.display(), number + 1));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_folder_is_a_layer() {
    let folders = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    for folder in folders {
        let name = folder.file_name().unwrap().to_str().unwrap();
        assert!(LAYERS.iter().any(|(layer, _)| *layer == name), "src/{name} is no layer: add it to LAYERS");
    }
}

#[test]
fn files_can_be_read_in_one_sitting() {
    for file in sources(&root()) {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(
            lines <= MAX_LINES,
            "{} has {lines} lines: look for the part that wants its own name",
            file.display()
        );
    }
}

#[test]
fn what_decides_a_run_uses_no_floats_but_in_laws() {
    for layer in ["node", "kernel", "protocols"] {
        for file in
            sources(&root().join(layer)).into_iter().filter(|file| !is_test(file) && !file.ends_with("law.rs"))
        {
            let text = fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            let float =
                |line: &&str| !line.trim_start().starts_with("//") && (line.contains("f64") || line.contains("f32"));
            let allowed = |line: &&str| line.contains("serialize_f");
            let found = code.lines().find(|line| float(line) && !allowed(line));
            assert!(found.is_none(), "{}: {}", file.display(), found.unwrap_or_default());
        }
    }
}
