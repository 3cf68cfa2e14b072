//! Names that are made from canonical ones.

/// `{source}` and `{field}` stand for the canonical name, `{source_}` and `{field_}` for it with `_` for every dot, `{source:}` for the
/// source with `:` for its first dot.
pub(super) fn fill(pattern: &str, source: &str, field: &str) -> String {
    pattern
        .replace("{source_}", &source.replace('.', "_"))
        .replace("{source:}", &source.replacen('.', ":", 1))
        .replace("{source}", source)
        .replace("{field_}", &field.replace('.', "_"))
        .replace("{field}", field)
}
