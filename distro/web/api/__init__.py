"""The API: `table` lists every operation, `dispatch` answers a request, the others do the acts."""
