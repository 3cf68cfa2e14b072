//! siemc, a compiler for detection analytics.
