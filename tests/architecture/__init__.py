"""Rules about the tree itself: who may import whom, what files are called, how long they are."""
