"""Reports: summary, one person, export, pages."""
