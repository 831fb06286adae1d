// What a redirect costs is measured over the whole process, so nothing else may run in it meanwhile.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
