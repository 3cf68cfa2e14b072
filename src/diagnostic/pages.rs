//! The page of each code: what it means, an example that is wrong and one that is right.

use include_dir::{Dir, include_dir};

static PAGES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/diagnostic/pages");

/// The page of a code such as `E0106`, in any case; its first line is `# title`.
pub fn page(code: &str) -> Option<&'static str> {
    PAGES.get_file(format!("{}.md", code.to_uppercase()))?.contents_utf8()
}

/// Every code that has a page, sorted.
pub fn all_codes() -> Vec<&'static str> {
    let stem = |file: &'static include_dir::File<'static>| file.path().file_stem()?.to_str();
    let mut codes: Vec<_> = PAGES.files().filter_map(stem).collect();
    codes.sort_unstable();
    codes
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Where each `Code("...")` of the source stands.
    fn declared() -> BTreeMap<String, Vec<String>> {
        let pattern = regex::Regex::new(r#"\bCode\("([A-Z][0-9]{4})"\)"#).unwrap();
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
        for entry in walkdir::WalkDir::new(source).into_iter().map(Result::unwrap) {
            if entry.path().extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(entry.path()).unwrap();
                for code in pattern.captures_iter(&text) {
                    found.entry(code[1].to_owned()).or_default().push(entry.path().display().to_string());
                }
            }
        }
        found
    }

    #[test]
    fn every_code_has_a_page_every_page_a_code_and_no_code_two_meanings() {
        let declared = declared();
        assert!(!declared.is_empty());
        let twice: Vec<_> = declared.iter().filter(|(_, places)| places.len() > 1).collect();
        assert!(twice.is_empty(), "declared more than once: {twice:?}");
        let without: Vec<_> = declared.iter().filter(|(code, _)| page(code).is_none()).collect();
        assert!(without.is_empty(), "without a page in src/diagnostic/pages: {without:?}");
        let unused: Vec<_> = all_codes().into_iter().filter(|code| !declared.contains_key(*code)).collect();
        assert!(unused.is_empty(), "a page without a code: {unused:?}");
    }

    #[test]
    fn every_page_has_a_title_a_text_and_an_example() {
        for code in all_codes() {
            let text = page(code).unwrap();
            assert!(text.starts_with("# ") && text.lines().count() > 2 && text.contains("```"), "{code}: {text}");
        }
    }
}
