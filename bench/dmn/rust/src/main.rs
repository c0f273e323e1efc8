//! The work of bench/dmn on dsntk: bench-dsntk FOLDER SECONDS
use dsntk_common::Jsonify;
use dsntk_feel::context::FeelContext;
use dsntk_feel::values::Value;
use dsntk_feel::FeelScope;
use dsntk_model::{DmnElement, NamedElement};
use dsntk_model_evaluator::ModelEvaluator;
use serde_json::{json, Value as Json};
use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

struct Counting;
static HELD: AtomicUsize = AtomicUsize::new(0);

// Two relaxed additions for an allocation: below one per cent of its cost.
unsafe impl GlobalAlloc for Counting {
  unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
    HELD.fetch_add(layout.size(), Ordering::Relaxed);
    System.alloc(layout)
  }
  unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
    HELD.fetch_sub(layout.size(), Ordering::Relaxed);
    System.dealloc(block, layout)
  }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Nanoseconds of one evaluation: the median of seven, after a warm-up as long as one of them.
fn measure(seconds: f64, mut round: impl FnMut() -> usize) -> f64 {
  let mut times = vec![];
  for i in -1..7 {
    let begun = Instant::now();
    let (mut count, mut taken) = (0, 0.0);
    while taken < seconds {
      count += round();
      taken = begun.elapsed().as_secs_f64();
    }
    if i >= 0 {
      times.push(taken / count as f64 * 1e9);
    }
  }
  times.sort_by(f64::total_cmp);
  times[3]
}

/// JSON is a context literal of FEEL.
fn context(inputs: &Json) -> FeelContext {
  dsntk_feel_evaluator::evaluate_context(&FeelScope::default(), &inputs.to_string()).unwrap()
}

fn answer(value: Value) -> Json {
  serde_json::from_str(&value.jsonify()).unwrap_or_else(|_| json!(value.to_string()))
}

fn expression(row: &Json, seconds: f64) -> Json {
  let source = row["expression"].as_str().unwrap();
  let scopes: Vec<FeelScope> = row["inputs"].as_array().unwrap().iter().map(|one| FeelScope::from(context(one))).collect();
  let parse = |scope: &FeelScope| dsntk_feel_evaluator::prepare(&dsntk_feel_parser::parse_expression(scope, source, false).unwrap());
  let evaluator = parse(&scopes[0]);
  let answers: Vec<Json> = scopes.iter().map(|scope| answer(evaluator(scope))).collect();
  let prepared = measure(seconds, || {
    for scope in &scopes {
      black_box(evaluator(scope));
    }
    scopes.len()
  });
  let each = measure(seconds, || {
    for scope in &scopes {
      black_box(parse(scope)(scope));
    }
    scopes.len()
  });
  let compile = measure(seconds, || {
    let _ = black_box(parse(&scopes[0]));
    1
  });
  let before = HELD.load(Ordering::Relaxed);
  let kept = parse(&scopes[0]);
  let bytes = HELD.load(Ordering::Relaxed) - before;
  drop(kept);
  json!({"answers": answers, "prepared": prepared, "each": each, "compile": compile, "bytes": bytes})
}

fn decision(folder: &str, row: &Json, seconds: f64) -> Json {
  let xml = std::fs::read_to_string(format!("{folder}/{}", row["files"]["1.3"].as_str().unwrap())).unwrap();
  let read = || ModelEvaluator::new(&[dsntk_model::parse(&xml).unwrap()]).unwrap();
  let definitions = dsntk_model::parse(&xml).unwrap();
  let (namespace, name) = (definitions.namespace().to_string(), definitions.name().to_string());
  let model = read();
  let contexts: Vec<FeelContext> = row["inputs"].as_array().unwrap().iter().map(context).collect();
  let decisions: Vec<&str> = row["decisions"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
  let decide = |inputs: &FeelContext, decision: &str| model.evaluate_invocable(&namespace, &name, decision, inputs);
  let answers: Vec<Json> = contexts.iter().flat_map(|one| decisions.iter().map(move |decision| (one, decision))).map(|(one, decision)| answer(decide(one, decision))).collect();
  let prepared = measure(seconds, || {
    for one in &contexts {
      for decision in &decisions {
        black_box(decide(one, decision));
      }
    }
    contexts.len()
  });
  let compile = measure(seconds, || {
    black_box(read());
    1
  });
  let before = HELD.load(Ordering::Relaxed);
  let kept = read();
  let bytes = HELD.load(Ordering::Relaxed) - before;
  drop(kept);
  json!({"answers": answers, "prepared": prepared, "compile": compile, "bytes": bytes})
}

fn main() {
  let arguments: Vec<String> = std::env::args().collect();
  let (folder, seconds) = (&arguments[1], arguments[2].parse().unwrap());
  let work: Json = serde_json::from_str(&std::fs::read_to_string(format!("{folder}/work.json")).unwrap()).unwrap();
  for row in work["rows"].as_array().unwrap() {
    let done = std::panic::catch_unwind(|| if row["kind"] == "expression" { expression(row, seconds) } else { decision(folder, row, seconds) });
    let mut figures = done.unwrap_or_else(|_| json!({"error": "it panics"}));
    figures["row"] = row["name"].clone();
    println!("{figures}");
  }
}
