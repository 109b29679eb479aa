"""braket:CreateQuantumTask."""
