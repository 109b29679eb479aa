"""What the page and the terminal show: named tuples, gathered by a bounded number of reads, without any text
for one of the two alone.
"""
