// The crate `pubgrub` on a graph that the bench wrote as JSON. The graph is read and indexed first; then each line on
// standard input solves it once, in process, and is answered by one line of JSON: {"ms", "outcome", "count"}. The
// count is that of the packages chosen, or of the lines of the explanation.
use std::collections::HashMap;
use std::io::BufRead;
use std::time::Instant;

use pubgrub::{
    DefaultStringReporter, OfflineDependencyProvider, PubGrubError, Ranges, Reporter,
    SemanticVersion, resolve,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Graph {
    requirements: Vec<Row>,
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    versions: Vec<Version>,
}

#[derive(Deserialize)]
struct Version {
    version: String,
    dependencies: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    name: String,
    requirement: String,
}

type Provider = OfflineDependencyProvider<u32, Ranges<SemanticVersion>>;

/// The root stands beside the packages, which are numbered from 1.
const ROOT: u32 = 0;

fn main() {
    let path = std::env::args().nth(1).expect("a graph file");
    let bytes = std::fs::read(path).expect("the graph");
    let graph: Graph = serde_json::from_slice(&bytes).expect("a graph in JSON");
    let provider = index(&graph);
    for line in std::io::stdin().lock().lines() {
        line.expect("a line");
        println!("{}", solve(&provider));
    }
}

fn solve(provider: &Provider) -> serde_json::Value {
    let start = Instant::now();
    let (outcome, count) = match resolve(provider, ROOT, (1, 0, 0)) {
        Ok(solution) => ("resolved", solution.into_iter().count() - 1),
        Err(PubGrubError::NoSolution(tree)) => {
            ("unsolvable", DefaultStringReporter::report(&tree).lines().count())
        }
        Err(error) => panic!("{error:?}"),
    };
    let ms = start.elapsed().as_secs_f64() * 1e3;
    serde_json::json!({ "ms": ms, "outcome": outcome, "count": count })
}

fn index(graph: &Graph) -> Provider {
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    for package in &graph.packages {
        let next = numbers.len() as u32 + 1;
        numbers.insert(&package.name, next);
    }
    let rows = |list: &[Row]| -> Vec<(u32, Ranges<SemanticVersion>)> {
        list.iter().map(|row| (numbers[row.name.as_str()], ranges(&row.requirement))).collect()
    };
    let mut provider = Provider::new();
    provider.add_dependencies(ROOT, (1, 0, 0), rows(&graph.requirements));
    for package in &graph.packages {
        let number = numbers[package.name.as_str()];
        for row in &package.versions {
            provider.add_dependencies(number, version(&row.version), rows(&row.dependencies));
        }
    }
    provider
}

/// The forms that the generator writes: `*`, `^1.2.3`, `>=1.2.3` and `>=1.2.3 <3.0.0`.
fn ranges(requirement: &str) -> Ranges<SemanticVersion> {
    if requirement == "*" {
        return Ranges::full();
    }
    if let Some(rest) = requirement.strip_prefix('^') {
        let low = version(rest);
        let (major, _, _) = low.into();
        return Ranges::between(low, (major + 1, 0, 0));
    }
    let rest = requirement.strip_prefix(">=").expect("a requirement of the generator");
    match rest.split_once(" <") {
        Some((low, high)) => Ranges::between(version(low), version(high)),
        None => Ranges::higher_than(version(rest)),
    }
}

fn version(text: &str) -> SemanticVersion {
    text.parse().expect("a version of three numbers")
}
