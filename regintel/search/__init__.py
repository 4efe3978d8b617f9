"""Search: words and meaning, fused by reciprocal rank."""
