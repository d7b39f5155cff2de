"""What a job asks for and what that means, decided once for every backend."""
