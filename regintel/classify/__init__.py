"""From a document's text to its modalities and CMC topics, each with a score and the evidence for it."""
