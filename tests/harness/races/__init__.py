"""Documents that name each other, sent at once in any order, on the embedded AWS: `make races`."""
