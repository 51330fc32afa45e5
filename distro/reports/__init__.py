"""Reports about distributions: the summary, one person, exports, pages."""
