using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Web.Problems;

/// <summary>Answers a refused action of a button: back to its page, with the reason as a message.</summary>
public static class Refusals
{
    public static Results<Redirect, ProblemPage> Refuse(this Flash flash, ApiProblem problem, string back)
    {
        if (problem.LeadsElsewhere || problem.IsForbidden)
        {
            return new ProblemPage(problem);
        }

        flash.Warn(problem);
        return Redirect.To(back);
    }
}
