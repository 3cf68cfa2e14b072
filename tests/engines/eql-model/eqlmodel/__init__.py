"""An independent model of Elasticsearch EQL: see README.md."""
