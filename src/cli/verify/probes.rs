//! The ledger of what queries rest on, with what settles it.

use crate::backend::Target;
use crate::backend::target::{Assumption, TargetData};
use crate::cli::console::Console;
use crate::cli::workspace::Workspace;
use crate::diagnostic::Findings;

/// A fact that queries of a target rest on.
#[derive(Debug)]
pub struct Probe {
    pub target: Target,
    pub name: String,
    pub known: Assumption,
}

/// The ledger of each target, in its order.
pub fn read(targets: &[Target], workspace: &mut Workspace) -> Vec<Probe> {
    let mut all = Vec::new();
    for target in targets {
        let root = workspace.packs.first().map(|selected| selected.pack.root.clone());
        let mut found = Findings::default();
        let data = TargetData::load(*target, root.as_deref(), &mut workspace.files, &mut found);
        workspace.findings.extend(found.all);
        let known = data.into_iter().flat_map(|data| data.assumptions);
        all.extend(known.map(|(name, known)| Probe { target: *target, name, known }));
    }
    all
}

/// As text.
pub fn print(probes: &[Probe], console: &mut Console) -> std::io::Result<()> {
    for Probe { target, name, known } in probes {
        let mut text = format!("{} {name}\n  {}\n  otherwise: {}\n", target.name(), known.fact, known.otherwise);
        match &known.probe {
            Some(probe) => text.push_str(&format!("  to see: {probe}\n")),
            None => text.push_str("  no query can show it\n"),
        }
        text.extend(known.expected.iter().map(|expected| format!("  which gives: {expected}\n")));
        console.data(&text)?;
    }
    Ok(())
}
