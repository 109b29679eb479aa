"""One module a page: from facts to what its template shows."""
