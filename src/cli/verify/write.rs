//! What was made, on standard output or in files.

use super::Made;
use crate::backend::verify::{Carried, Requests};
use crate::cli::compile::whole;
use crate::cli::console::Console;
use crate::cli::workspace::reason;
use anyhow::{Result, anyhow};
use std::path::Path;

/// The most characters of an index's name beside its beginning.
const MOST_NAME: usize = 120;

/// Queries, one after another, EQL's requests as Kibana's console takes them; or a file for each query and for each request's body.
pub fn all(out: Option<&Path>, made: &[Made], console: &mut Console) -> Result<()> {
    let Some(dir) = out else {
        for (place, one) in made.iter().enumerate() {
            if place > 0 {
                console.data("\n")?;
            }
            console.data(&match &one.carried {
                Carried::Query(text) => text.clone(),
                Carried::Requests(requests) => requests.console(&index_of(one)),
            })?;
        }
        return Ok(());
    };
    std::fs::create_dir_all(dir).map_err(|error| anyhow!("`{}` cannot be made: {}", dir.display(), reason(&error)))?;
    for one in made {
        let name = format!("{}.{}.{}", one.rule, one.place, one.target.name());
        for (ending, text) in parts(&one.carried) {
            let path = dir.join(format!("{name}{ending}"));
            whole(&path, text.as_bytes())
                .map_err(|error| anyhow!("`{}` cannot be written: {}", path.display(), reason(&error)))?;
        }
    }
    Ok(())
}

/// The name of the index that a person fills by hand.
fn index_of(made: &Made) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = made.rule.chars().map(plain).take(MOST_NAME).collect();
    format!("siemc-verify-{name}-{}", made.place)
}

/// Endings of file names with what stands there.
fn parts(carried: &Carried) -> Vec<(&'static str, String)> {
    match carried {
        Carried::Query(text) => vec![("", text.clone())],
        Carried::Requests(requests) => {
            let Requests { query, index, documents, search, .. } = &**requests;
            vec![
                ("", query.clone()),
                (".index.json", format!("{index:#}\n")),
                (".bulk.ndjson", documents.clone()),
                (".search.json", format!("{search:#}\n")),
                (".expected.json", format!("{:#}\n", requests.expectation())),
            ]
        }
    }
}
