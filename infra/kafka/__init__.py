"""Apache Kafka's jars: which ones, and proof that they are those."""
