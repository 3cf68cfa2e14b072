"""An independent model of Splunk's search language, written from Splunk's manuals alone. It knows nothing of siemc."""
