"""What a page or a terminal view shows: values, gathered by a bounded number of reads, without rendering."""
