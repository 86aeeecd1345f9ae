package fleet

// Spec lets tests try the step without Kafka.
var Spec = spec
