//! Types of values.

/// The type of a field, a literal or an expression. Lists hold scalars only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// One value.
    Scalar(Scalar),
    /// A list of values; stands in `any`, `exists` and `in` only.
    List(Scalar),
}

/// The type of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Scalar {
    String,
    Integer,
    Number,
    Boolean,
    Timestamp,
    Duration,
    Ip,
}

#[allow(missing_docs)]
impl Type {
    pub const STRING: Type = Type::Scalar(Scalar::String);
    pub const INTEGER: Type = Type::Scalar(Scalar::Integer);
    pub const NUMBER: Type = Type::Scalar(Scalar::Number);
    pub const BOOLEAN: Type = Type::Scalar(Scalar::Boolean);
    pub const TIMESTAMP: Type = Type::Scalar(Scalar::Timestamp);
    pub const DURATION: Type = Type::Scalar(Scalar::Duration);
    pub const IP: Type = Type::Scalar(Scalar::Ip);
}

impl std::fmt::Display for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Scalar::String => "string",
            Scalar::Integer => "integer",
            Scalar::Number => "number",
            Scalar::Boolean => "boolean",
            Scalar::Timestamp => "timestamp",
            Scalar::Duration => "duration",
            Scalar::Ip => "ip",
        })
    }
}

impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Type::Scalar(s) => s.fmt(f),
            Type::List(s) => write!(f, "list of {s}"),
        }
    }
}
