// Parses SDF files with libsdformat and prints every error and warning, a line each.
#include <iostream>
#include <sdf/sdf.hh>

int main(int argc, char **argv)
{
  int found = 0;
  sdf::ParserConfig config = sdf::ParserConfig::GlobalConfig();
  config.SetWarningsPolicy(sdf::EnforcementPolicy::ERR);
  config.SetUnrecognizedElementsPolicy(sdf::EnforcementPolicy::ERR);
  config.SetDeprecatedElementsPolicy(sdf::EnforcementPolicy::ERR);
  for (int i = 1; i + 1 < argc && std::string(argv[i]) == "--models"; i += 2)
    config.AddURIPath("model://", argv[i + 1]);
  for (int i = 1; i < argc; ++i)
  {
    if (std::string(argv[i]) == "--models") { ++i; continue; }
    sdf::Root root;
    for (const auto &error : root.Load(argv[i], config))
    {
      std::cout << argv[i] << ": " << error.Message() << std::endl;
      ++found;
    }
  }
  return found ? 1 : 0;
}
