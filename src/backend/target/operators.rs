//! The operator table: how a dialect spells what the expression tree says.

/// An operator or function of a dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// How it is written: `==`, `startswith_cs`, `tolower`.
    pub spelling: String,
    /// Where its operands stand.
    pub form: Form,
    /// How tightly it binds; larger is tighter. Calls bind as tightly as a name.
    pub binding: u8,
    /// What it gives where an operand is missing.
    pub missing: Missing,
    /// The capability that a product needs for it, where not every one has it.
    pub requires: Option<String>,
}

/// Where the operands of an operator stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `a op b`.
    Infix,
    /// `op a`.
    Prefix,
    /// `op(a, b)`.
    Call,
}

/// What an operator gives where an operand is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// False, as a rule means it: no guard, under `not` neither.
    False,
    /// A null: false under `where`, but so is `not` of it, so that a negation needs a guard.
    Missing,
    /// The operator asks for it itself (`coalesce`, `exists`).
    Handled,
}
