"""What a real Cuebot answered, a double that answers as it did, and our clients and our farm beside it."""
