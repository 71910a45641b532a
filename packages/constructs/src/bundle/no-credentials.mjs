// Stands in a bundle for the SDK's sources of credentials that a Lambda function does not have (profiles, single sign-on,
// programs, web identity): its role's come by the environment, or by HTTP. A bundle is half as many files without them.
//
//   https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
const none = () => async () => {
  throw Object.assign(new Error("a Lambda function has the credentials of its role, and no others"), {
    name: "CredentialsProviderError",
    tryNextLink: true, // as the SDK's sources say that another one may have some
  });
};

export const fromSSO = none;
export const fromIni = none;
export const fromProcess = none;
export const fromTokenFile = none;
