//! Names as queries have them.

/// A name as a word that every dialect takes bare: letters, digits and underscores. Names that give one word (`device.id`, `device_id`)
/// cannot stand beside each other in an alert, so neither a schema's fields nor an analytic's keys may.
pub fn word(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}
