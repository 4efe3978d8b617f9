"""The index as an assistant's tools, by the Model Context Protocol."""
